// Sessions over time: takeovers, reused pointers, ends of tokens, reloads.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorSession : public DoorWorld {
 protected:
  static constexpr const char* topic = "chat/42/messages/log";

  void pass(std::int64_t ms) {
    now_ms += ms;
    door.tick(now_ms);
  }
};

TEST_F(DoorSession, TheEndOfATakenOverConnectionDoesNotEndItsSuccessor) {
  const Client old = enter("alice:phone", room_42);
  const Client now = enter("alice:phone", room_42);
  EXPECT_EQ(publish(old, "chat/42/messages/live/alice:phone"), Verdict::allow);  // its will, on takeover
  door.disconnect(old);
  EXPECT_EQ(deliver(now, topic), Verdict::allow);
  EXPECT_EQ(deliver(old, topic), Verdict::deny);
}

TEST_F(DoorSession, ADisconnectedSessionKeepsItsGrantsUntilItsTokenEnds) {
  const Client alice = enter("alice:phone", room_42, 600);
  door.disconnect(alice);
  EXPECT_EQ(deliver(alice, topic), Verdict::allow);
  pass(601'000);
  EXPECT_EQ(deliver(alice, topic), Verdict::allow);  // within the leeway
  pass(30'000);
  EXPECT_EQ(deliver(alice, topic), Verdict::deny);
  EXPECT_TRUE(broker.kicked.empty());
}

TEST_F(DoorSession, AWillIsJudgedByTheSessionThatLeftItAndCannotBeInput) {
  const Client alice = enter("alice:phone", room_42);
  door.disconnect(alice);
  EXPECT_EQ(publish(alice, "chat/42/messages/live/alice:phone"), Verdict::allow);
  EXPECT_EQ(publish(alice, "chat/42/messages/live/alice:phone", false, 4096), Verdict::deny);  // too large
  EXPECT_EQ(publish(alice, "chat/42/messages/live/bob:pc"), Verdict::deny);
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::deny);
  EXPECT_TRUE(broker.published.empty());  // nobody is there to read a notice
}

TEST_F(DoorSession, APointerUsedAgainForAnotherClientInheritsNothing) {
  Client alice = enter("alice:phone", room_42);
  door.disconnect(alice);
  Client other = alice;
  other.id = "sensor-7";
  other.user = "sensor";
  EXPECT_EQ(deliver(other, topic), Verdict::deny);
  EXPECT_EQ(door.connect(other, std::nullopt, now_ms), Door::Entry::defer);
  EXPECT_EQ(deliver(alice, topic), Verdict::deny);  // alice's connection is gone for good
  other.id = "bob:pc";
  other.user = "bob";
  EXPECT_EQ(door.connect(other, token("bob"), now_ms), Door::Entry::accept);
  EXPECT_EQ(deliver(other, topic), Verdict::deny);
  EXPECT_EQ(deliver(other, "news/a/log"), Verdict::allow);
}

TEST_F(DoorSession, AReusedPointerNeedsItsOwnIdAndUser) {
  const Client alice = enter("alice:phone", room_42);
  door.disconnect(alice);
  Client other = alice;  // a client that some other way let in, so that connect() was never asked
  other.id = "alice:tablet";
  EXPECT_EQ(deliver(other, topic), Verdict::deny);
  other = alice;
  other.user = "CN=alice";
  EXPECT_EQ(deliver(other, topic), Verdict::deny);
  EXPECT_EQ(deliver(alice, topic), Verdict::allow);
}

TEST_F(DoorSession, TheEndOfAnUnknownConnectionChangesNothing) {
  const Client alice = enter("alice:phone", room_42);
  door.disconnect({alice.handle, {}, {}, "127.0.0.1", 0});
  door.disconnect({this, "alice:phone", "alice", "127.0.0.1", 5});
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::allow);
}

TEST_F(DoorSession, ASessionFromDiskHasNoRightsBeforeItsClientComes) {
  const Client restored = {this, "alice:phone", "alice", {}, 0};
  EXPECT_EQ(deliver(restored, topic), Verdict::deny);
  EXPECT_EQ(deliver(restored, "weather/berlin"), Verdict::defer);
}

TEST_F(DoorSession, ATokensEndIsAnnouncedAMinuteBeforeAndThenTheClientIsDisconnected) {
  const Client alice = enter("alice:phone", room_42, 600);
  pass(539'000);
  EXPECT_TRUE(broker.published.empty());
  pass(1'000);
  ASSERT_EQ(broker.published.size(), 1u);
  EXPECT_EQ(broker.published[0].first, "sync/alice:phone/notice");
  EXPECT_EQ(broker.published[0].second.at("code"), "token");
  EXPECT_EQ(broker.published[0].second.at("expires_in_s"), 60);
  pass(89'000);
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::allow);
  EXPECT_TRUE(broker.kicked.empty());
  now_ms += 1'000;  // exp + leeway; the tick is yet to come
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::deny);
  EXPECT_EQ(deliver(alice, topic), Verdict::deny);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/notice"), Verdict::deny);
  pass(0);
  ASSERT_EQ(broker.kicked.size(), 1u);
  EXPECT_EQ(broker.kicked[0], std::make_pair(std::string("alice:phone"), false));
  pass(1'000);
  EXPECT_EQ(broker.kicked.size(), 1u);
  EXPECT_EQ(broker.published.size(), 1u);
}

TEST_F(DoorSession, AShortTokenIsAnnouncedOnceItsClientCanHaveSubscribed) {
  enter("alice:phone", room_42, 30);
  door.tick(now_ms);
  EXPECT_TRUE(broker.published.empty());
  pass(1'000);
  EXPECT_EQ(broker.published.size(), 1u);
}

TEST_F(DoorSession, NobodyIsToldWhoIsNotThere) {
  door.disconnect(enter("alice:phone", room_42, 600));
  pass(599'000);
  EXPECT_TRUE(broker.published.empty());
}

TEST_F(DoorSession, AReconnectionWithANewTokenIsNotEndedByTheOldOnes) {
  const Client old = enter("alice:phone", room_42, 600);
  const Client now = enter("alice:phone", room_42, 3600);
  door.disconnect(old);
  pass(700'000);
  EXPECT_TRUE(broker.kicked.empty());
  EXPECT_EQ(deliver(now, topic), Verdict::allow);
}

TEST_F(DoorSession, ARetainedMessagesAuthorIsKnownByNameWhenMosquittoAsks) {
  enter_bridge();
  const Client author = {this, "mosquitto-sync:bridge", "mosquitto-sync", {}, 0};
  EXPECT_EQ(publish(author, topic, true), Verdict::allow);
  EXPECT_EQ(deliver(author, topic), Verdict::deny);
  const Client impostor = {this, "mosquitto-sync:bridge", "mallory", {}, 0};
  EXPECT_EQ(publish(impostor, topic, true), Verdict::deny);
}

// ---- Reload: the broker calls reload(), then connect() for every session, then tick() ---------------------

class DoorReload : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/door-reload-XXXXXX";
    folder = mkdtemp(name);
    write("schemas/news.json", schema("news/{name}"));
    write("secret", door_secret);
    options.schemas = folder / "schemas";
    options.jwt_secret_file = folder / "secret";
    auto loaded = Rules::load(options);
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    door = std::make_unique<Door>(options, std::move(loaded.rules), broker);
    door->tick(now_ms);
    ASSERT_EQ(door->connect(alice, token(door_secret), now_ms), Door::Entry::accept);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static std::string schema(const std::string& topic) {
    return R"({"type":"object","x-sync":{"topic":")" + topic + R"(","access":[{"allow":["read"]}]}})";
  }
  void write(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << bytes;
    std::filesystem::permissions(folder / name, std::filesystem::perms(0600));
  }
  std::string token(const std::string& secret) {
    return make_token({{"sub", "alice"}, {"exp", now_ms / 1000 + 600}}, secret);
  }
  Verdict deliver(const char* topic) { return door->acl(alice, {Access::read, topic}, now_ms); }
  std::string log() const {
    std::string all;
    for (const std::string& line : broker.lines) all += line + "\n";
    return all;
  }

  std::filesystem::path folder;
  std::int64_t now_ms = 1'795'000'000'000;
  Options options;
  RecordingBroker broker;
  std::unique_ptr<Door> door;
  const Client alice = {this, "alice:phone", "alice", "127.0.0.1", 5};
};

TEST_F(DoorReload, NewCollectionsHoldAtOnceAndNobodyIsDisconnected) {
  EXPECT_EQ(deliver("blog/a/log"), Verdict::defer);
  write("schemas/blog.json", schema("blog/{name}"));
  door->reload();
  EXPECT_EQ(door->connect(alice, std::nullopt, now_ms), Door::Entry::accept);
  door->tick(now_ms);
  EXPECT_EQ(deliver("blog/a/log"), Verdict::allow);
  EXPECT_EQ(deliver("news/a/log"), Verdict::allow);
  EXPECT_TRUE(broker.kicked.empty());
}

TEST_F(DoorReload, ABadFileIsRefusedWithItsReasonAndTheOldRulesStay) {
  write("schemas/blog.json", "{");
  door->reload();
  door->tick(now_ms);
  EXPECT_NE(log().find("blog.json"), std::string::npos) << log();
  EXPECT_NE(log().find("stays in force"), std::string::npos) << log();
  EXPECT_EQ(deliver("news/a/log"), Verdict::allow);
}

TEST_F(DoorReload, AChangedTopicIsRefused) {
  write("schemas/news.json", schema("press/{name}"));
  door->reload();
  door->tick(now_ms);
  EXPECT_NE(log().find("changed from news/{name} to press/{name}"), std::string::npos) << log();
  EXPECT_EQ(deliver("news/a/log"), Verdict::allow);
}

TEST_F(DoorReload, ANewSecretEndsTheSessionsOfTheOldAndAdmitsTheNew) {
  const std::string other = "ffffffffffffffffffffffffffffffff";
  write("secret", other);
  door->reload();
  EXPECT_EQ(door->connect(alice, std::nullopt, now_ms), Door::Entry::accept);  // cut at the tick, not here
  EXPECT_EQ(deliver("news/a/log"), Verdict::deny);
  door->tick(now_ms);
  ASSERT_EQ(broker.kicked.size(), 1u);
  door->disconnect(alice);
  EXPECT_EQ(door->connect(alice, token(door_secret), now_ms), Door::Entry::refuse);
  EXPECT_EQ(door->connect(alice, token(other), now_ms), Door::Entry::accept);
}

TEST_F(DoorReload, SessionsFromDiskAreLeftAlone) {
  door->reload();
  const Client restored = {&options, "bob:pc", "bob", {}, 0};
  EXPECT_EQ(door->connect(restored, std::nullopt, now_ms), Door::Entry::accept);
  EXPECT_EQ(door->acl(restored, {Access::read, "news/a/log"}, now_ms), Verdict::deny);
  const Client sensor = {&now_ms, "sensor-7", "sensor", {}, 0};
  EXPECT_EQ(door->connect(sensor, std::nullopt, now_ms), Door::Entry::defer);
}

TEST_F(DoorReload, AnOfflineSessionWhoseTokenNoLongerHoldsJustLosesItsRights) {
  door->disconnect(alice);
  write("secret", "ffffffffffffffffffffffffffffffff");
  door->reload();
  EXPECT_EQ(door->connect(alice, std::nullopt, now_ms), Door::Entry::accept);
  door->tick(now_ms);
  EXPECT_TRUE(broker.kicked.empty());
  EXPECT_EQ(deliver("news/a/log"), Verdict::deny);
}

TEST_F(DoorReload, ANewConnectionDuringAReloadStillNeedsItsToken) {
  door->reload();
  const Client fresh = {&options, "bob:pc", "bob", "127.0.0.1", 5};
  EXPECT_EQ(door->connect(fresh, std::nullopt, now_ms), Door::Entry::refuse);
}

// What is remembered for the sake of speed must never outlive what it was judged by.
TEST_F(DoorSession, ARememberedRightEndsWithItsReason) {
  const Client alice = enter("alice:phone", room_42), bob = enter("bob:phone", room_42, 100);
  const Client eve = enter("eve:phone");
  const auto all_read = [&](bool a, bool b, bool e) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(deliver(alice, "chat/42/messages/log") == Verdict::allow, a);
      EXPECT_EQ(deliver(bob, "chat/42/messages/log") == Verdict::allow, b);
      EXPECT_EQ(deliver(eve, "chat/42/messages/log") == Verdict::allow, e);
      deliver(alice, i == 0 ? "chat/43/messages/log" : "news/today/log");  // another topic between
    }
  };
  all_read(true, true, false);
  door.renew(alice, token("alice"), now_ms);  // without the room
  door.renew(eve, token("eve", room_42), now_ms);
  all_read(false, true, true);
  now_ms += 131'000;  // bob's token and the leeway are over, before any tick
  all_read(false, false, true);
  door.disconnect(eve);
  Client stranger = eve;  // the broker gives her pointer to somebody else
  const std::string name = "mallory:phone";
  stranger.id = name;
  stranger.user = "mallory";
  EXPECT_EQ(deliver(stranger, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(deliver(enter("mosquitto-sync:bridge", {{"roles", {"bridge"}}}), "chat/42/messages/log"),
            Verdict::allow);
}

TEST_F(DoorSession, ReadersOfOneScopeDoNotAnswerForAnother) {
  std::vector<Client> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(enter("user" + std::to_string(i) + ":d", {{"rooms", {std::to_string(i % 5)}}}));
  }
  for (int round = 0; round < 3; ++round) {
    for (int room = 0; room < 5; ++room) {
      const std::string topic = "chat/" + std::to_string(room) + "/messages/log";
      publish(clients[0], topic);  // the topic in hand, not yet judged for a reader
      for (int i = 0; i < 40; ++i) {
        EXPECT_EQ(deliver(clients[static_cast<std::size_t>(i)], topic) == Verdict::allow, i % 5 == room);
      }
    }
  }
}

TEST_F(DoorSession, AReturningClientWhoseQueueIsPurgedReturnsOnceMore) {
  const auto returns_and_is_asked_for = [&](const Json& claims, bool queued) {
    const Client who = returns("alice:phone", claims);
    if (queued) {
      EXPECT_EQ(deliver(who, topic), Verdict::deny);  // the broker asks for what it has queued
    }
    pass(0);
    door.disconnect(who);
    return broker.kicked.size();
  };
  EXPECT_EQ(returns_and_is_asked_for(room_42, false), 0U);
  EXPECT_EQ(returns_and_is_asked_for(Json::object(), true), 1U);  // the room is gone
  EXPECT_EQ(returns_and_is_asked_for(Json::object(), false), 1U);
  EXPECT_EQ(returns_and_is_asked_for(Json::object(), true), 1U);  // but not over and over
}

TEST_F(DoorSession, WhatIsDeniedLaterOrToACleanStartIsNoPurge) {
  const Client alice = returns("alice:phone");
  subscribe(alice, "#");
  EXPECT_EQ(deliver(alice, topic), Verdict::deny);
  pass(0);
  EXPECT_EQ(deliver(enter("bob:phone"), topic), Verdict::deny);
  pass(0);
  EXPECT_TRUE(broker.kicked.empty());
}

}  // namespace
}  // namespace msync
