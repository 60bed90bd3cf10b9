#include "core/access.h"

#include <gtest/gtest.h>

#include "core/collection.h"

namespace msync {
namespace {

constexpr std::uint8_t reads = 1;
constexpr std::uint8_t writes = 2;

Condition is_user(int variable) {
  return {variable, Condition::Source::user, ""};
}
Condition is_claim(int variable, std::string name) {
  return {variable, Condition::Source::claim, std::move(name)};
}
Condition is_literal(int variable, std::string text) {
  return {variable, Condition::Source::literal, std::move(text)};
}

Collection collection(std::string_view topic, std::vector<Grant> access) {
  Collection made;
  made.topic = *TopicTemplate::parse(topic);
  made.access = std::move(access);
  return made;
}

Identity identity(std::string user, std::string_view claims = "{}", std::vector<std::string> roles = {}) {
  Identity who;
  who.user = std::move(user);
  who.roles = std::move(roles);
  who.claims = *parse_json(claims);
  return who;
}

bool may(const Collection& of, std::vector<std::string_view> values, const Identity& who, Right right) {
  return allows(of, values, who, right);
}

/// interface.md's example: members of a room read and write, moderators read everywhere.
Collection chat() {
  return collection("chat/{room}/messages",
                    {{reads | writes, {is_claim(0, "rooms")}, "", {}}, {reads, {}, "moderator", {}}});
}

Collection todos() {
  return collection("users/{user}/todos", {{reads | writes, {is_user(0)}, "", {}}});
}

// ---- allows ---------------------------------------------------------------------------------------------

TEST(Access, AClaimGrantsByItsTextOrByItsList) {
  EXPECT_TRUE(may(chat(), {"42"}, identity("alice", R"({"rooms":"42"})"), Right::write));
  EXPECT_TRUE(may(chat(), {"43"}, identity("alice", R"({"rooms":["42","43"]})"), Right::read));
  EXPECT_FALSE(may(chat(), {"4"}, identity("alice", R"({"rooms":["42","43"]})"), Right::read));
  EXPECT_FALSE(may(chat(), {"42"}, identity("alice", R"({"rooms":"4"})"), Right::read));
  EXPECT_FALSE(may(chat(), {"42,43"}, identity("alice", R"({"rooms":["42","43"]})"), Right::read));
}

TEST(Access, AClaimThatIsMissingOrNoTextGrantsNothing) {
  for (const char* claims :
       {"{}", R"({"rooms":42})", R"({"rooms":null})", R"({"rooms":[]})", R"({"rooms":[42,null]})",
        R"({"rooms":{"42":"42"}})", R"({"rooms":[["42"]]})", R"({"Rooms":"42"})", R"({"rooms":true})"}) {
    EXPECT_FALSE(may(chat(), {"42"}, identity("alice", claims), Right::read)) << claims;
  }
}

TEST(Access, GrantsAreAlternativesEachWithItsOwnRights) {
  const Identity moderator = identity("bob", R"({"rooms":"7"})", {"moderator"});
  EXPECT_TRUE(may(chat(), {"42"}, moderator, Right::read));
  EXPECT_FALSE(may(chat(), {"42"}, moderator, Right::write));
  EXPECT_TRUE(may(chat(), {"7"}, moderator, Right::write));
  EXPECT_FALSE(may(chat(), {"42"}, identity("bob", "{}", {"Moderator", "moderators"}), Right::read));
}

TEST(Access, TheUserIsComparedWhole) {
  EXPECT_TRUE(may(todos(), {"u1"}, identity("u1"), Right::write));
  EXPECT_FALSE(may(todos(), {"u1x"}, identity("u1"), Right::read));
  EXPECT_FALSE(may(todos(), {"u"}, identity("u1"), Right::read));
  EXPECT_FALSE(may(todos(), {"U1"}, identity("u1"), Right::read));
}

TEST(Access, AllConditionsOfAGrantMustHold) {
  const Collection files =
      collection("t/{tenant}/u/{user}/{kind}/files",
                 {{reads | writes, {is_claim(0, "tenant"), is_user(1), is_literal(2, "own")}, "staff", {}}});
  const Identity who = identity("u1", R"({"tenant":"t1"})", {"staff"});
  EXPECT_TRUE(may(files, {"t1", "u1", "own"}, who, Right::write));
  EXPECT_FALSE(may(files, {"t2", "u1", "own"}, who, Right::write));
  EXPECT_FALSE(may(files, {"t1", "u2", "own"}, who, Right::write));
  EXPECT_FALSE(may(files, {"t1", "u1", "other"}, who, Right::write));
  EXPECT_FALSE(may(files, {"t1", "u1", "own"}, identity("u1", R"({"tenant":"t1"})"), Right::write));
}

TEST(Access, AGrantWithoutConditionsHoldsForEveryUserAndNoGrantForNobody) {
  const Collection catalog = collection("catalog/{name}", {{reads, {}, "", {}}, {writes, {}, "editor", {}}});
  EXPECT_TRUE(may(catalog, {"x"}, identity("anyone"), Right::read));
  EXPECT_FALSE(may(catalog, {"x"}, identity("anyone"), Right::write));
  EXPECT_TRUE(may(catalog, {"x"}, identity("ed", "{}", {"editor"}), Right::write));
  EXPECT_FALSE(may(collection("a/{b}", {}), {"x"}, identity("anyone", "{}", {"bridge"}), Right::read));
}

// ---- Filters --------------------------------------------------------------------------------------------

TEST(Filters, AreGrantedWhenTheyCanMatchSomethingReadable) {
  const Identity alice = identity("alice", R"({"rooms":["4","43"]})");
  for (const char* filter : {"chat/4/messages/log", "chat/43/messages/doc/m1", "chat/4/messages/doc/+",
                             "chat/4/messages/live/+", "chat/4/messages/live/bob:phone", "chat/4/messages/#",
                             "chat/4/messages/log/#", "chat/4/#", "chat/+/messages/log", "chat/#", "#", "+/#",
                             "+/+/messages/log", "+/4/+/+", "chat/+/+/doc/#", "+/+/+/+/+"}) {
    EXPECT_TRUE(can_match_readable(chat(), filter, alice)) << filter;
  }
}

TEST(Filters, AreRefusedWhenTheyCannot) {
  const Identity alice = identity("alice", R"({"rooms":["4","43"]})");
  for (const char* filter : {"chat/42/messages/log",
                             "chat/42/#",
                             "chat/42/messages/doc/+",
                             "+/42/messages/log",
                             "chat/42/+/+",
                             "chat/4/messages/in",
                             "chat/4/messages/pull",
                             "chat/4/messages/seen",
                             "chat/4/messages",
                             "chat/4",
                             "chat",
                             "chat/+",
                             "chat/4/messages/doc",
                             "chat/4/messages/+/+/+",
                             "chat/4/messages/log/x",
                             "chats/#",
                             "Chat/#",
                             "/chat/#",
                             "chat//#",
                             "chat/4/members/#",
                             "chat/4/messages/doc/m1/x",
                             "",
                             "+",
                             "+/+",
                             "+/+/+"}) {
    EXPECT_FALSE(can_match_readable(chat(), filter, alice)) << filter;
  }
}

TEST(Filters, OfAnotherUserAreRefusedHoweverAlikeTheNames) {
  const Identity u1 = identity("u1");
  EXPECT_TRUE(can_match_readable(todos(), "users/u1/#", u1));
  for (const char* filter : {"users/u1x/#", "users/u/#", "users/u1x/todos/log", "users/U1/#", "users//#"}) {
    EXPECT_FALSE(can_match_readable(todos(), filter, u1)) << filter;
  }
}

TEST(Filters, WildcardsNeedAGrantThatCanHoldAtAll) {
  const Identity nobody = identity("alice");
  for (const char* filter : {"#", "chat/#", "chat/+/messages/log", "+/+/messages/log"}) {
    EXPECT_FALSE(can_match_readable(chat(), filter, nobody)) << filter;
    EXPECT_FALSE(can_match_readable(chat(), filter, identity("alice", R"({"rooms":[]})"))) << filter;
    EXPECT_FALSE(can_match_readable(chat(), filter, identity("alice", R"({"rooms":42})"))) << filter;
    EXPECT_TRUE(can_match_readable(chat(), filter, identity("alice", "{}", {"moderator"}))) << filter;
  }
}

TEST(Filters, ARightToWriteIsNoneToRead) {
  const Collection drop = collection("drop/{user}", {{writes, {is_user(0)}, ""}});
  EXPECT_FALSE(can_match_readable(drop, "#", identity("u1")));
  EXPECT_FALSE(can_match_readable(drop, "drop/u1/log", identity("u1")));
}

TEST(Filters, EachVariableIsJudgedByTheSameGrant) {
  const Collection pair = collection("p/{a}/{b}", {{reads, {is_literal(0, "x"), is_literal(1, "1")}, ""},
                                                   {reads, {is_literal(0, "y"), is_literal(1, "2")}, ""}});
  const Identity who = identity("u");
  EXPECT_TRUE(can_match_readable(pair, "p/x/1/log", who));
  EXPECT_TRUE(can_match_readable(pair, "p/y/+/log", who));
  EXPECT_FALSE(can_match_readable(pair, "p/x/2/log", who));
  EXPECT_FALSE(can_match_readable(pair, "p/y/1/#", who));
}

TEST(Filters, AnImpossibleValueCannotBeReadable) {
  const Collection open = collection("open/{x}", {{reads, {}, ""}});
  const Identity who = identity("u");
  EXPECT_TRUE(can_match_readable(open, "open/a/log", who));
  EXPECT_FALSE(can_match_readable(open, "open//log", who));
  EXPECT_FALSE(can_match_readable(open, "open/$a/log", who));
  EXPECT_FALSE(can_match_readable(open, "open/a\x01/log", who));
}

TEST(Filters, CanMatchIsAboutTheShapeAlone) {
  const TopicTemplate chat = *TopicTemplate::parse("chat/{room}/messages");
  for (const char* filter :
       {"#", "+/#", "chat/#", "chat/4/messages/in", "chat/+/messages/pull", "+/+/+/+",
        "chat/4/messages/doc/x", "chat//messages/log", "chat/$x/messages/log", "chat/4/messages/seen/#"}) {
    EXPECT_TRUE(can_match(chat, filter)) << filter;
  }
  for (const char* filter :
       {"chat/4/messages", "chat/4/messages/x", "chat/4/messages/in/x", "chat/+", "other/#", "+/+/+",
        "chat/4/message/#", "chat/4/messages/doc", "$SYS/#", "+/+/+/+/+/+"}) {
    EXPECT_FALSE(can_match(chat, filter)) << filter;
  }
}

// ---- Claims ---------------------------------------------------------------------------------------------

TEST(Claims, AValueThatCannotBeALevelIsRefusedAtConnect) {
  const std::vector<Collection> all = {chat(), todos()};
  for (const char* claims :
       {R"({"rooms":"#"})", R"({"rooms":"a/b"})", R"({"rooms":["42","+"]})", R"({"rooms":""})",
        R"({"rooms":["$SYS"]})", R"({"rooms":"a\u0000"})", R"({"rooms":["a\n"]})"}) {
    EXPECT_NE(unusable_claim(all, identity("alice", claims)).find("rooms"), std::string::npos) << claims;
  }
  for (const char* user : {"", "a/b", "t1.+", "#", "$x", "a\n"})
    EXPECT_NE(unusable_claim(all, identity(user)), "") << user;
}

TEST(Claims, OneThatNoGrantNamesOrThatIsNoTextIsNoFault) {
  const std::vector<Collection> all = {chat(), todos()};
  for (const char* claims : {"{}", R"({"url":"https://a/b#c"})", R"({"rooms":42})",
                             R"({"rooms":[1,null,"42"]})", R"({"rooms":{"a":"#"}})", R"({"rooms":[]})"}) {
    EXPECT_EQ(unusable_claim(all, identity("alice", claims)), "") << claims;
  }
}

}  // namespace
}  // namespace msync
