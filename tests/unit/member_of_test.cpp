// Grants by membership: what a schema file says, and what holds.
#include <gtest/gtest.h>

#include <set>

#include "core/collection.h"
#include "platform/files.h"

namespace msync {
namespace {

class Known final : public Memberships {
 public:
  Known(std::initializer_list<std::pair<std::string, std::string>> all) : all_(all.begin(), all.end()) {}
  bool contains(std::string_view scope, std::string_view user) const override {
    return all_.contains({std::string(scope), std::string(user)});
  }

 private:
  std::set<std::pair<std::string, std::string>> all_;
};

std::string file(const std::string& topic, const std::string& access) {
  return R"({"type":"object","x-sync":{"topic":")" + topic + R"(","access":[)" + access + "]}}";
}

const SchemaFile members{"s/members.json",
                         file("chat/{room}/members", R"({"allow":["write"],"role":"chat"})")};

Collections::Loaded with_messages(const std::string& access) {
  return Collections::load({members, {"s/messages.json", file("chat/{room}/messages", access)}});
}

std::string problem_of(const std::string& member_of) {
  const auto loaded = with_messages(R"({"allow":["read"],"member_of":)" + member_of + "}");
  return loaded.problems.empty() ? "" : to_string(loaded.problems.front());
}

Identity user(std::string name, std::vector<std::string> roles = {}) {
  Identity who;
  who.user = std::move(name);
  who.roles = std::move(roles);
  return who;
}

bool may_read(const Collection& collection, std::string_view room, const Identity& who,
              const Memberships* known) {
  const std::vector<std::string_view> values{room};
  return allows(collection, values, who, Right::read, known);
}

constexpr const char* of_room = R"({"allow":["read"],"member_of":"chat/{room}/members/{user}"})";

TEST(MemberOf, HoldsForTheMembersOfThatScope) {
  const auto loaded = with_messages(of_room);
  ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  const Collection& messages = *loaded.collections.find("messages");
  const Known known{{"chat/42/members", "alice"}, {"chat/7/members", "bob"}};
  EXPECT_TRUE(may_read(messages, "42", user("alice"), &known));
  EXPECT_FALSE(may_read(messages, "7", user("alice"), &known));
  EXPECT_FALSE(may_read(messages, "42", user("bob"), &known));
  EXPECT_FALSE(may_read(messages, "42", user("alice"), nullptr)) << "where nobody knows, nobody is a member";
}

TEST(MemberOf, StandsBesideRoleAndWhere) {
  const auto loaded = with_messages(
      R"({"allow":["read"],"role":"staff","where":{"room":"42"},"member_of":"chat/{room}/members/{user}"})");
  ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  const Collection& messages = *loaded.collections.find("messages");
  const Known known{{"chat/42/members", "alice"}, {"chat/7/members", "alice"}};
  EXPECT_TRUE(may_read(messages, "42", user("alice", {"staff"}), &known));
  EXPECT_FALSE(may_read(messages, "42", user("alice"), &known));
  EXPECT_FALSE(may_read(messages, "7", user("alice", {"staff"}), &known));
}

TEST(MemberOf, ASubscriptionIsGrantedBecauseMembershipCanBegin) {
  const auto loaded = with_messages(of_room);
  const Collection& messages = *loaded.collections.find("messages");
  EXPECT_TRUE(can_match_readable(messages, "chat/+/messages/log", user("alice")));
  EXPECT_FALSE(can_match_readable(messages, "chat/+/messages/in", user("alice")));
}

TEST(MemberOf, TheCollectionThatItNamesIsKnown) {
  const auto loaded = with_messages(of_room);
  const auto& all = loaded.collections.all();
  EXPECT_TRUE(names_members(all, *loaded.collections.find("members")));
  EXPECT_FALSE(names_members(all, *loaded.collections.find("messages")));
  const auto plain = with_messages(R"({"allow":["read"]})");
  EXPECT_FALSE(names_members(plain.collections.all(), *plain.collections.find("members")));
}

TEST(MemberOf, ItsScopeMayBeOfLiterals) {
  const auto loaded = with_messages(R"({"allow":["read"],"member_of":"chat/lobby/members/{user}"})");
  ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  const Known known{{"chat/lobby/members", "alice"}};
  EXPECT_TRUE(may_read(*loaded.collections.find("messages"), "42", user("alice"), &known));
  EXPECT_FALSE(may_read(*loaded.collections.find("messages"), "42", user("bob"), &known));
}

TEST(MemberOf, MistakesAreNamedWithTheirRemedy) {
  for (const char* wrong : {"7", R"("")", R"("chat/{room}/members")", R"("chat/{room}/members/{room}")",
                            R"("chat/{room}/members/alice")", R"("{user}")"}) {
    EXPECT_NE(problem_of(wrong).find("must be a scope and /{user}"), std::string::npos)
        << wrong << problem_of(wrong);
  }
  EXPECT_NE(problem_of(R"("chat/{hall}/members/{user}")").find("{hall} is no variable"), std::string::npos);
  EXPECT_NE(
      problem_of(R"("chat/{room}/crew/{user}")").find("no collection has scopes such as chat/{room}/crew"),
      std::string::npos);
  EXPECT_NE(problem_of(R"("{room}/42/members/{user}")").find("no collection has scopes"), std::string::npos)
      << "where a variable stands for a literal, some rooms would have members elsewhere";
}

std::string block(const std::string& page, const std::string& name) {
  const std::string mark = "```json " + name + "\n";
  const std::size_t from = page.find(mark) + mark.size();
  return page.substr(from, page.find("```\n", from) - from);
}

TEST(MemberOf, TheExampleOfThePageIsRight) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/schemas.md");
  ASSERT_TRUE(page.ok());
  std::vector<SchemaFile> files;
  for (const char* name : {"messages.json", "members.json"}) files.push_back({name, block(*page, name)});
  for (const Problem& problem : Collections::load(files).problems) ADD_FAILURE() << to_string(problem);
}

}  // namespace
}  // namespace msync
