// Rooms whose members come and go by writing them down: no token is made anew for it.
#include <csignal>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Rooms : World {
  void SetUp() override {
    messages_are_for(R"({"allow":["read","write"],"member_of":"chat/{room}/members/{user}"})");
    write_file(folder / "members.json",
               R"({"type":"object","x-sync":{"topic":"chat/{room}/members","access":[
                   {"allow":["read","write"],"role":"host"}]}})");
    broker.options().schemas = folder.path();
    bridge.schemas() = folder.path();
    claims["hana"] = R"({"roles":["host"]})";
    for (const char* user : {"alice", "bob"}) claims[user] = "{}";
    World::SetUp();
  }

  void messages_are_for(const std::string& grant) {
    write_file(folder / "messages.json",
               R"({"type":"object","x-sync":{"topic":"chat/{room}/messages","access":[)" + grant + "]}}");
  }

  Phone& host() {
    if (phones.contains("hana:h")) return *phones.at("hana:h");
    Phone& made = new_phone("hana:h", {.scopes = {"chat/42/members"}});
    EXPECT_TRUE(eventually([&] { return made.settled(); }));
    return made;
  }
  /// When these return, the plugin knows: it is told before the delta, which the host has.
  void admit(const std::string& user) {
    EXPECT_EQ(outcome(host(), host().writes(user, Json::object())), "applied");
    EXPECT_TRUE(eventually([&] { return host().settled(); }));
  }
  void dismiss(const std::string& user) {
    EXPECT_EQ(outcome(host(), host().deletes(user)), "applied");
    EXPECT_TRUE(eventually([&] { return host().settled(); }));
  }

  /// Has a live delta with these words been delivered to it?
  static bool has_heard(const Phone& phone, const std::string& words) {
    return std::any_of(phone.received().begin(), phone.received().end(), [&](const Received& message) {
      return message.topic == "chat/42/messages/log" && message.payload.find(words) != std::string::npos;
    });
  }

  TempDir folder;
};

TEST_F(Rooms, WhoIsAdmittedGetsWhatIsSaidFromThenOn) {
  admit("alice");
  auto& alice = phone("alice:a");
  auto& bob = new_phone("bob:b");
  EXPECT_EQ(notice(bob, Code::denied).topic, "chat/42/messages/pull");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "among us"}})), "applied");
  admit("bob");
  EXPECT_EQ(outcome(alice, alice.writes("m2", {{"text", "welcome, bob"}})), "applied");
  EXPECT_TRUE(eventually([&] { return has_heard(bob, "welcome, bob"); }, 1'000));
  EXPECT_FALSE(has_heard(bob, "among us"));
  settle();
  EXPECT_EQ(dump(bob), server()) << "what was said before, he may pull";
  EXPECT_EQ(outcome(bob, bob.writes("m3", {{"text", "hello"}})), "applied");
}

TEST_F(Rooms, WhoIsDismissedIsToldSoAndHearsNothingMore) {
  admit("alice");
  admit("bob");
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  dismiss("bob");
  EXPECT_EQ(notice(bob, Code::revoked).scope, "chat/42/messages");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "now that he is gone"}})), "applied");
  settle();
  ASSERT_TRUE(eventually([&] { return bob.connected(); }));
  const std::size_t notices = bob.notices().size();
  EXPECT_EQ(bob.sends("chat/42/messages/in", R"({"mutations":[{"op":"put","id":"m2","data":{}}]})").reason,
            0x87);
  ASSERT_TRUE(eventually([&] { return bob.notices().size() > notices; }))
      << "whatever was queued has come before it";
  EXPECT_FALSE(has_heard(bob, "now that he is gone"));
  EXPECT_EQ(bob.holds("m1"), Json());
}

TEST_F(Rooms, ABrokerThatWasStartedAnewIsToldAllMembers) {
  admit("alice");
  auto& alice = phone("alice:a");
  broker.restart();
  ASSERT_TRUE(bridge.wait_until_online());
  ASSERT_TRUE(eventually([&] { return alice.connected(); }));
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "still here"}})), "applied");
  auto& bob = new_phone("bob:b");
  EXPECT_EQ(notice(bob, Code::denied).topic, "chat/42/messages/pull");
}

TEST_F(Rooms, SchemasThatAskForMembersFromNowOnTellThePluginWhoTheyAre) {
  bridge.stop();
  messages_are_for(R"({"allow":["read","write"],"role":"nobody"})");
  broker.restart();
  bridge.start();
  admit("alice");
  EXPECT_EQ(bridge.log().rfind("event=members_told"), bridge.log().find("event=members_told"))
      << "who asks for nobody is told nothing";
  messages_are_for(R"({"allow":["read","write"],"member_of":"chat/{room}/members/{user}"})");
  bridge.process().signal(SIGHUP);
  broker.process().signal(SIGHUP);
  ASSERT_TRUE(
      eventually([&] { return bridge.log().find("event=members_told count=1") != std::string::npos; }));
  auto& alice = phone("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "at last"}})), "applied");
}

}  // namespace
}  // namespace msync::test
