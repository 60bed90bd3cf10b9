// Who comes in.
#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorConnect : public DoorWorld {
 protected:
  Door::Entry connect(const Client& who, const std::optional<std::string>& password) {
    return door.connect(who, password ? std::optional<std::string_view>(*password) : std::nullopt, now_ms);
  }
  bool logged(std::string_view text) const { return broker.last_line().find(text) != std::string::npos; }
};

TEST_F(DoorConnect, ATokenAndItsUsersClientIdOpenTheDoor) {
  EXPECT_EQ(connect(client("alice:phone"), token("alice")), Door::Entry::accept);
}

TEST_F(DoorConnect, TheUsernameMayBeEmptyOrTheUser) {
  Client who = client("alice:phone");
  who.user = {};
  EXPECT_EQ(connect(who, token("alice")), Door::Entry::accept);
  who.user = "bob";
  EXPECT_EQ(connect(who, token("alice")), Door::Entry::refuse);
  EXPECT_TRUE(logged("username")) << broker.last_line();
}

TEST_F(DoorConnect, AnotherUsersClientIdIsRefusedEvenWithAGoodToken) {
  Client who = client("alice:phone");
  who.user = {};
  EXPECT_EQ(connect(who, token("mallory")), Door::Entry::refuse);
  EXPECT_TRUE(logged("mallory")) << broker.last_line();
}

TEST_F(DoorConnect, AClientIdWithoutADeviceIsRefusedWithItsForm) {
  for (const char* id : {"alice", "alice:", ":phone", "auto-1234", "alice:pho ne", ""}) {
    Client who = client(id);
    who.user = {};
    EXPECT_EQ(connect(who, token("alice")), Door::Entry::refuse) << id;
    EXPECT_TRUE(logged("<user>:<device>")) << broker.last_line();
  }
}

TEST_F(DoorConnect, ATokenUsersIdWithoutATokenIsRefusedSoThatNobodyTakesASessionOver) {
  EXPECT_EQ(connect(client("alice:phone"), std::nullopt), Door::Entry::refuse);
  EXPECT_EQ(connect(client("alice:phone"), "secret"), Door::Entry::refuse);
  EXPECT_EQ(connect(client("mosquitto-sync:bridge"), ""), Door::Entry::refuse);
}

TEST_F(DoorConnect, OtherClientsAreLeftToMosquitto) {
  EXPECT_EQ(connect(client("sensor-7"), std::nullopt), Door::Entry::defer);
  EXPECT_EQ(connect(client("sensor-7"), "pass.word.two"), Door::Entry::defer);
}

TEST_F(DoorConnect, TheReasonIsLoggedWithoutAPartOfTheToken) {
  const std::string good = token("alice");
  const std::string bad = good.substr(0, good.size() - 2) + (good.ends_with("AA") ? "BB" : "AA");
  EXPECT_EQ(connect(client("alice:phone"), bad), Door::Entry::refuse);
  EXPECT_TRUE(logged("alice:phone")) << broker.last_line();
  for (std::size_t i = 0; i + 8 < bad.size(); i += 8) EXPECT_FALSE(logged(bad.substr(i, 8)));
}

TEST_F(DoorConnect, AnIdCannotForgeALineOfTheLog) {
  connect(client("x\nclient \"root:1\" accepted"), token("alice"));
  EXPECT_EQ(broker.last_line().find('\n'), std::string::npos);
}

TEST_F(DoorConnect, AClaimThatAGrantNamesMustBeUsable) {
  EXPECT_EQ(connect(client("alice:phone"), token("alice", {{"rooms", {"42", "#"}}})), Door::Entry::refuse);
  EXPECT_TRUE(logged("rooms")) << broker.last_line();
  EXPECT_EQ(connect(client("alice:phone"), token("alice", {{"rooms", {"42"}}, {"other", "#"}})),
            Door::Entry::accept);
}

TEST_F(DoorConnect, Mqtt31IsRefusedBecauseItCannotBeToldOfARefusedSubscription) {
  Client who = client("alice:phone");
  who.protocol = 3;
  EXPECT_EQ(connect(who, token("alice")), Door::Entry::refuse);
  EXPECT_TRUE(logged("3.1.1")) << broker.last_line();
}

TEST_F(DoorConnect, AUserHasSoManyConnectionsAndMayAlwaysTakeItsOwnOver) {
  const Client first = enter("alice:1");
  enter("alice:2");
  EXPECT_EQ(connect(client("alice:3"), token("alice")), Door::Entry::refuse);
  EXPECT_TRUE(logged("max_connections_per_user")) << broker.last_line();
  EXPECT_EQ(connect(client("bob:1"), token("bob")), Door::Entry::accept);
  const Client again = enter("alice:1");
  door.disconnect(first);  // the broker ends the old connection only now
  EXPECT_EQ(connect(client("alice:3"), token("alice")), Door::Entry::refuse);
  door.disconnect(again);
  EXPECT_EQ(connect(client("alice:3"), token("alice")), Door::Entry::accept);
}

TEST_F(DoorConnect, WithoutATickEverybodyIsRefusedWithTheRemedy) {
  Door untold(options(), door_rules(), broker);
  const Client who = client("alice:phone");
  EXPECT_EQ(untold.connect(who, token("alice"), now_ms), Door::Entry::refuse);
  EXPECT_TRUE(logged("per_listener_settings false")) << broker.last_line();
  untold.tick(now_ms);
  EXPECT_EQ(untold.connect(who, token("alice"), now_ms), Door::Entry::accept);
}

TEST_F(DoorConnect, OnlyTheConfiguredUserIsTheBridge) {
  EXPECT_EQ(publish(enter_bridge(), "news/a/log", true), Verdict::allow);
  EXPECT_EQ(publish(enter("alice:phone", {{"roles", {"bridge"}}}), "news/a/log", true), Verdict::deny);
}

TEST_F(DoorConnect, AnAddressThatTriesTokensIsNotHeardForAWhile) {
  const std::string forged =
      make_token({{"sub", "alice"}, {"exp", now_ms / 1000 + 60}}, "another key of thirty-two bytes!");
  const Client regular = enter("bob:phone");
  for (std::uint32_t i = 0; i <= limits::free_login_failures; ++i) {
    EXPECT_EQ(connect(client("alice:phone"), forged), Door::Entry::refuse);
  }
  EXPECT_TRUE(logged("too many") ||
              broker.lines[broker.lines.size() - 2].find("too many") != std::string::npos);
  const std::size_t lines = broker.lines.size();
  EXPECT_EQ(connect(client("alice:phone"), token("alice")), Door::Entry::refuse);
  EXPECT_EQ(broker.lines.size(), lines);                                       // and costs no line of the log
  EXPECT_EQ(connect(client("bob:phone"), token("bob")), Door::Entry::accept);  // has been here
  Client elsewhere = client("alice:phone");
  elsewhere.address = "192.0.2.9";
  EXPECT_EQ(connect(elsewhere, token("alice")), Door::Entry::accept);
  now_ms += limits::login_pause_ms;
  EXPECT_EQ(connect(client("alice:tablet"), token("alice")), Door::Entry::accept);
}

TEST_F(DoorConnect, ATokenThatHasEndedIsNoAttempt) {
  for (std::uint32_t i = 0; i <= 2 * limits::free_login_failures; ++i) {
    EXPECT_EQ(connect(client("alice:phone"), token("alice", Json::object(), -3600)), Door::Entry::refuse);
  }
  EXPECT_EQ(connect(client("alice:phone"), token("alice")), Door::Entry::accept);
}

TEST_F(DoorConnect, AUserHasSoManyClientIds) {
  Options few = options();
  few.max_sessions_per_user = 2;
  Door narrow(few, door_rules(), broker);
  narrow.tick(now_ms);
  for (const char* id : {"alice:1", "alice:2", "alice:1"}) {
    const Client who = client(id);
    EXPECT_EQ(narrow.connect(who, token("alice"), now_ms), Door::Entry::accept) << id;
    narrow.disconnect(who);
  }
  EXPECT_EQ(narrow.connect(client("alice:3"), token("alice"), now_ms), Door::Entry::refuse);
  EXPECT_TRUE(logged("max_sessions_per_user")) << broker.last_line();
}

}  // namespace
}  // namespace msync
