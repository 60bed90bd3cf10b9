// The stamp, what is refused with a notice, and quotas.
#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorMessage : public DoorWorld {
 protected:
  Client alice = enter("alice:phone", room_42);

  const Json& last_notice(const std::string& client_id) {
    static const Json none;
    if (broker.published.empty()) return none;
    EXPECT_EQ(broker.published.back().first, "sync/" + client_id + "/notice");
    return broker.published.back().second;
  }
};

TEST_F(DoorMessage, InputIsStampedSoThatTheBridgeKnowsItsAuthor) {
  for (const char* leaf : {"in", "pull", "seen"}) {
    const std::string topic = std::string("chat/42/messages/") + leaf;
    const auto passage = message(alice, topic);
    ASSERT_TRUE(passage.allowed && passage.stamps) << topic;
    std::vector<std::pair<std::string, std::string>> properties(passage.stamps->begin(),
                                                                passage.stamps->end());
    const auto stamp = verify_stamp(derive_stamp_key(door_secret), properties, topic, "{}");
    ASSERT_TRUE(stamp.ok()) << stamp.error().message;
    EXPECT_EQ(stamp->user, "alice");
    EXPECT_EQ(stamp->client, "alice:phone");
    EXPECT_EQ(stamp->at_ms, now_ms);
  }
  EXPECT_TRUE(message(enter_bridge(), "sync/mosquitto-sync:bridge/probe").stamps);
}

TEST_F(DoorMessage, NothingElseIsStamped) {
  for (const char* topic : {"chat/42/messages/live/alice:phone", "weather/berlin"}) {
    const auto passage = message(alice, topic);
    EXPECT_TRUE(passage.allowed && !passage.stamps) << topic;
  }
}

TEST_F(DoorMessage, AForgedStampIsRefusedWithANoticeAlsoFromTheBridge) {
  EXPECT_FALSE(message(alice, "chat/42/messages/in", {.count = 1, .forged = true}).allowed);
  EXPECT_EQ(last_notice("alice:phone").at("code"), "denied");
  EXPECT_EQ(last_notice("alice:phone").at("topic"), "chat/42/messages/in");
  EXPECT_FALSE(
      message(enter_bridge(), "sync/mosquitto-sync:bridge/probe", {.count = 1, .forged = true}).allowed);
  EXPECT_TRUE(message(alice, "weather/berlin", {.count = 1, .forged = true}).allowed);  // none of ours
}

TEST_F(DoorMessage, AllNamesThatBeginLikeAStampAreTheServers) {
  for (const char* name : {"sync-user", "sync-mac", "sync-anything", "sync-"})
    EXPECT_TRUE(is_stamp_name(name)) << name;
  for (const char* name : {"sync", "Sync-user", "my-sync-user", ""})
    EXPECT_FALSE(is_stamp_name(name)) << name;
}

TEST_F(DoorMessage, ThirtyTwoUserPropertiesPassAndOneMoreDoesNot) {
  EXPECT_TRUE(message(alice, "chat/42/messages/in", {.count = 32, .forged = false}).allowed);
  EXPECT_FALSE(message(alice, "chat/42/messages/in", {.count = 33, .forged = false}).allowed);
}

TEST_F(DoorMessage, ADeniedPublishIsExplainedToItsAuthor) {
  EXPECT_EQ(publish(alice, "chat/43/messages/in"), Verdict::deny);
  EXPECT_EQ(last_notice("alice:phone").at("code"), "denied");
  EXPECT_EQ(last_notice("alice:phone").at("topic"), "chat/43/messages/in");
  EXPECT_NE(last_notice("alice:phone").at("message").get<std::string>().find("write"), std::string::npos);
}

TEST_F(DoorMessage, AnOversizedPublishIsRefusedWithTheLimit) {
  EXPECT_EQ(publish(alice, "chat/42/messages/in", false, 2048), Verdict::allow);
  EXPECT_EQ(publish(alice, "chat/42/messages/in", false, 2049), Verdict::deny);
  EXPECT_EQ(last_notice("alice:phone").at("code"), "too_large");
  EXPECT_NE(last_notice("alice:phone").at("message").get<std::string>().find("2048"), std::string::npos);
  EXPECT_EQ(publish(alice, "weather/berlin", false, 1 << 20), Verdict::defer);
}

TEST_F(DoorMessage, AFloodIsRefusedWithTheTimeToWaitAndOthersNoticeNothing) {
  const Client bob = enter("bob:pc", room_42);
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += publish(alice, "chat/42/messages/in") == Verdict::allow ? 1 : 0;
  EXPECT_EQ(passed, 20);
  const Json notice = last_notice("alice:phone");
  EXPECT_EQ(notice.at("code"), "quota");
  EXPECT_EQ(publish(bob, "chat/42/messages/in"), Verdict::allow);
  now_ms += notice.at("retry_after_ms").get<int>();
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::allow);
}

TEST_F(DoorMessage, TheQuotaIsTheUsersNotTheConnections) {
  const Client tablet = enter("alice:tablet", room_42);
  for (int i = 0; i < 20; ++i) publish(alice, "chat/42/messages/in");
  EXPECT_EQ(publish(tablet, "chat/42/messages/in"), Verdict::deny);
  door.disconnect(alice);
  EXPECT_EQ(publish(enter("alice:phone", room_42), "chat/42/messages/in"), Verdict::deny);  // nor a new one
}

TEST_F(DoorMessage, AFloodOfBytesIsOneToo) {
  Options few = options();
  few.max_messages_per_s = 1000;
  few.max_bytes_per_s = 2048;
  Door narrow(few, door_rules(), broker);
  narrow.tick(now_ms);
  const Client who = client("alice:phone");
  ASSERT_EQ(narrow.connect(who, token("alice", room_42), now_ms), Door::Entry::accept);
  const auto sends = [&](std::size_t bytes) {
    return narrow.acl(who, {Access::write, "chat/42/messages/in", bytes, false}, now_ms);
  };
  EXPECT_EQ(sends(2048), Verdict::allow);
  EXPECT_EQ(sends(2048), Verdict::allow);  // two seconds' worth
  EXPECT_EQ(sends(1024), Verdict::deny);
  EXPECT_EQ(last_notice("alice:phone").at("code"), "quota");
  EXPECT_EQ(last_notice("alice:phone").at("retry_after_ms"), 500);
  now_ms += 500;
  EXPECT_EQ(sends(1024), Verdict::allow);
}

TEST_F(DoorMessage, SubscriptionsAreCountedUntilTheyEnd) {
  Options few = options();
  few.max_subscriptions_per_client = 2;
  Door narrow(few, door_rules(), broker);
  narrow.tick(now_ms);
  Client who = client("alice:phone");
  who.clean_start = false;
  ASSERT_EQ(narrow.connect(who, token("alice", room_42), now_ms), Door::Entry::accept);
  const auto asks = [&](Access access, std::string_view filter) {
    return narrow.acl(who, {access, filter, 0, false}, now_ms);
  };
  EXPECT_EQ(asks(Access::subscribe, "sync/status"), Verdict::allow);
  EXPECT_EQ(asks(Access::subscribe, "sync/alice:phone/#"), Verdict::allow);
  EXPECT_EQ(asks(Access::subscribe, "sync/status"), Verdict::allow);  // again
  EXPECT_EQ(asks(Access::subscribe, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(last_notice("alice:phone").at("code"), "quota");
  // A session that goes on has its subscriptions; a clean start has none.
  narrow.disconnect(who);
  who = client("alice:phone");
  who.clean_start = false;
  ASSERT_EQ(narrow.connect(who, token("alice", room_42), now_ms), Door::Entry::accept);
  EXPECT_EQ(asks(Access::subscribe, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(asks(Access::unsubscribe, "sync/status"), Verdict::allow);
  EXPECT_EQ(asks(Access::subscribe, "chat/42/messages/log"), Verdict::allow);
  who = client("alice:phone");
  ASSERT_EQ(narrow.connect(who, token("alice", room_42), now_ms), Door::Entry::accept);
  EXPECT_EQ(asks(Access::subscribe, "sync/status"), Verdict::allow);
  EXPECT_EQ(asks(Access::subscribe, "sync/alice:phone/#"), Verdict::allow);
}

TEST_F(DoorMessage, AFloodThatDoesNotEndEndsWithADisconnection) {
  for (int second = 0; second < 12; ++second) {
    for (int i = 0; i < 50; ++i) publish(alice, "chat/42/messages/in");
    door.tick(now_ms);
    ASSERT_EQ(broker.kicked.empty(), second < 10) << second;
    now_ms += 1000;
  }
  EXPECT_EQ(broker.kicked.size(), 1u);
  EXPECT_EQ(broker.kicked[0].first, "alice:phone");
}

TEST_F(DoorMessage, WhoLeftOrReturnedBeforeTheTickIsNotDisconnected) {
  for (int second = 0; second <= 10; ++second, now_ms += 1000) {
    for (int i = 0; i < 50; ++i) publish(alice, "chat/42/messages/in");
  }
  door.disconnect(alice);
  door.tick(now_ms);
  EXPECT_TRUE(broker.kicked.empty());
  alice = enter("alice:phone", room_42);
  for (int i = 0; i < 50; ++i) publish(alice, "chat/42/messages/in");
  enter("alice:phone", room_42);
  door.tick(now_ms);
  EXPECT_TRUE(broker.kicked.empty());
}

TEST_F(DoorMessage, AClientThatPausesWhenToldIsNeverDisconnected) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 50; ++i) publish(alice, "chat/42/messages/in");
    now_ms += limits::quota_pause_ms + 1;
    door.tick(now_ms);
  }
  EXPECT_TRUE(broker.kicked.empty());
}

TEST_F(DoorMessage, TheBridgeHasNoQuota) {
  const Client bridge = enter_bridge();
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(publish(bridge, "chat/42/messages/log", true, 300'000), Verdict::allow);
}

TEST_F(DoorMessage, NoticesAndTheirLinesAreBounded) {
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 15; ++i) {
      publish(alice, "chat/43/messages/in");
      subscribe(alice, "chat/43/#");
    }
    now_ms += 1000;
  }
  EXPECT_LE(broker.published.size(), limits::notices_at_once + 10 * limits::notices_per_s);
  EXPECT_LE(broker.lines.size(), 5 + limits::notices_at_once + 10 * limits::notices_per_s);
}

}  // namespace
}  // namespace msync
