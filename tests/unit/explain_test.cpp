// The words of `check --as`, and that they never say other than the judgement itself.
#include "core/explain.h"

#include <gtest/gtest.h>

#include <random>

namespace msync {
namespace {

class Known final : public Memberships {
 public:
  bool contains(std::string_view scope, std::string_view user) const override {
    return scope == "chat/42/members" && user == "alice";
  }
};

Collections load(const std::string& access) {
  const auto file = [](const std::string& topic, const std::string& grants) {
    return R"({"type":"object","x-sync":{"topic":")" + topic + R"(","access":[)" + grants + "]}}";
  };
  auto loaded = Collections::load({{"members.json", file("chat/{room}/members", R"({"allow":["write"]})")},
                                   {"messages.json", file("chat/{room}/messages", access)}});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  return std::move(loaded.collections);
}

Identity alice(const std::string& claims, std::vector<std::string> roles = {}) {
  Identity who;
  who.user = "alice";
  who.claims = *parse_json(claims);
  who.roles = std::move(roles);
  return who;
}

/// What the only grant lacks for reading room 43.
std::string lacks(const std::string& grant, const Identity& who, const Memberships* members = nullptr) {
  const Collections all = load(grant);
  const std::vector<std::string_view> values{"43"};
  const auto reports = explain(*all.find("messages"), values, who, Right::read, members);
  EXPECT_EQ(reports.size(), 1U);
  std::string text;
  for (const std::string& one : reports.at(0).lacks) text += (text.empty() ? "" : "; ") + one;
  return text;
}

TEST(Explain, SaysWhatAGrantLacks) {
  const std::string by_rooms = R"({"allow":["read"],"where":{"room":"$claims.rooms"}})";
  EXPECT_EQ(lacks(by_rooms, alice(R"({"rooms":["43"]})")), "");
  EXPECT_EQ(lacks(by_rooms, alice(R"({"rooms":["42","7"]})")),
            "room is '43', but the claim rooms has only '42', '7'");
  EXPECT_EQ(lacks(by_rooms, alice(R"({"rooms":43})")), "room is '43', but the claim rooms has no text in it");
  EXPECT_EQ(lacks(by_rooms, alice(R"({"rooms":[]})")), "room is '43', but the claim rooms is an empty list");
  EXPECT_EQ(lacks(by_rooms, alice("{}")), "room is '43', but the token has no claim rooms");
  EXPECT_EQ(lacks(R"({"allow":["write"],"role":"staff","where":{"room":"7"}})", alice("{}")),
            "it does not allow read; the token has no role staff; room is '43', but this grant is for '7'");
  EXPECT_EQ(lacks(R"({"allow":["read"],"where":{"room":"$user"}})", alice("{}")),
            "room is '43', but the token's user is 'alice'");
}

TEST(Explain, SaysWhichMemberIsAskedFor) {
  const std::string of_room = R"({"allow":["read"],"member_of":"chat/{room}/members/{user}"})";
  const Known known;
  EXPECT_EQ(lacks(of_room, alice("{}"), &known),
            "it asks for an entity 'alice' in chat/43/members, and there is none");
  EXPECT_EQ(lacks(of_room, alice("{}")),
            "it asks for an entity 'alice' in chat/43/members, and that is not known here");
}

TEST(Explain, SaysWhyAFilterCanMatchNothing) {
  const Collections all = load(R"({"allow":["read"],"where":{"room":"$claims.rooms"}})");
  const auto first = [&](std::string_view filter, const std::string& claims) {
    const auto reports = explain_filter(*all.find("messages"), filter, alice(claims));
    return reports.at(0).lacks.empty() ? "" : reports.at(0).lacks.front();
  };
  EXPECT_EQ(first("chat/+/messages/log", R"({"rooms":["42"]})"), "");
  EXPECT_EQ(first("chat/43/messages/log", R"({"rooms":["42"]})"),
            "room is '43', but the claim rooms has only '42'");
  EXPECT_EQ(first("chat/#", "{}"), "no room is possible: the token has no claim rooms");
  EXPECT_EQ(first("chat/42/messages/in", R"({"rooms":["42"]})"), "nothing that can be read has such a topic");
}

TEST(Explain, WritesAGrantAsItIsInAFile) {
  for (const char* grant :
       {R"({"allow":["read"]})", R"({"allow":["read","write"],"role":"staff"})",
        R"({"allow":["write"],"role":"x","where":{"room":"$claims.a"}})",
        R"({"allow":["read"],"where":{"room":"$user"}})",
        R"({"allow":["read"],"member_of":"chat/{room}/members/{user}","where":{"room":"42"}})"}) {
    const Collections all = load(grant);
    const Collection& messages = *all.find("messages");
    EXPECT_EQ(*parse_json(to_text(messages.access[0], messages.topic)), *parse_json(grant));
  }
}

/// Grants and bearers out of few words, so that they often fit.
class Cases {
 public:
  explicit Cases(unsigned seed) : dice_(seed) {}

  std::string grants() {
    std::string all;
    for (int i = pick(3); i >= 0; --i) all += (all.empty() ? "" : ",") + grant();
    return all;
  }
  Identity bearer() {
    Identity who =
        alice(one_of({"{}", R"({"rooms":"42"})", R"({"rooms":["42","43"]})", R"({"rooms":[7,"43"]})"}));
    who.user = one_of({"alice", "bob", "42"});
    if (pick(2) == 0) who.roles.emplace_back("staff");
    return who;
  }
  std::string one_of(std::initializer_list<const char*> words) {
    return *(words.begin() + pick(static_cast<int>(words.size())));
  }
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(dice_); }

 private:
  std::string grant() {
    std::string text = R"({"allow":)" + one_of({R"(["read"])", R"(["write"])", R"(["read","write"])"});
    if (pick(3) == 0) text += R"(,"role":"staff")";
    if (pick(2) == 0)
      text += R"(,"where":{"room":")" + one_of({"$user", "$claims.rooms", "42", "43"}) + "\"}";
    if (pick(3) == 0) text += R"(,"member_of":"chat/{room}/members/{user}")";
    return text + "}";
  }
  std::minstd_rand dice_;
};

bool any_holds(const std::vector<GrantReport>& reports) {
  bool any = false;
  for (const GrantReport& report : reports) {
    any = any || report.holds;
    EXPECT_EQ(report.holds, report.lacks.empty()) << report.text;
  }
  return any;
}

TEST(Explain, NeverSaysOtherThanTheJudgementItself) {
  Cases cases(20261121);
  const Known known;
  int yes = 0;
  for (int i = 0; i < 2000; ++i) {
    const Collections all = load(cases.grants());
    const Collection& messages = *all.find("messages");
    const Identity who = cases.bearer();
    const Memberships* members = cases.pick(2) == 0 ? &known : nullptr;
    const std::string room = cases.one_of({"42", "43", "alice"});
    const std::vector<std::string_view> values{room};
    for (const Right right : {Right::read, Right::write}) {
      const bool allowed = allows(messages, values, who, right, members);
      EXPECT_EQ(any_holds(explain(messages, values, who, right, members)), allowed);
      yes += allowed ? 1 : 0;
    }
    const std::string filter = cases.one_of({"chat/42/messages/log", "chat/+/messages/log", "chat/43/#", "#",
                                             "chat/42/messages/in", "chat/42/messages/doc/m1"});
    EXPECT_EQ(any_holds(explain_filter(messages, filter, who)), can_match_readable(messages, filter, who))
        << filter;
  }
  EXPECT_GT(yes, 500) << "cases worth their name";
  EXPECT_LT(yes, 3500);
}

}  // namespace
}  // namespace msync
