// What each may publish, subscribe to and receive.
#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorAccess : public DoorWorld {
 protected:
  Client alice = enter("alice:phone", room_42);
  Client bridge = enter_bridge();
  Client moderator = enter("mo:pc", {{"roles", {"moderator"}}});
  Client stranger = {this, "sensor-7", "sensor", "127.0.0.1", 4};
};

TEST_F(DoorAccess, WritersPublishMutationsAndReadersAsk) {
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::allow);
  EXPECT_EQ(publish(alice, "chat/42/messages/pull"), Verdict::allow);
  EXPECT_EQ(publish(alice, "chat/42/messages/seen"), Verdict::allow);
  EXPECT_EQ(publish(moderator, "chat/42/messages/in"), Verdict::deny);
  EXPECT_EQ(publish(moderator, "chat/42/messages/pull"), Verdict::allow);
  EXPECT_EQ(publish(alice, "drop/bob/box/in"), Verdict::allow);
  EXPECT_EQ(publish(alice, "drop/bob/box/pull"), Verdict::deny);
}

TEST_F(DoorAccess, AnotherRoomIsClosedAlsoWhenItsNameBeginsAlike) {
  for (const char* topic :
       {"chat/4/messages/in", "chat/421/messages/in", "chat/42x/messages/in", "chat//messages/in"}) {
    EXPECT_EQ(publish(alice, topic), Verdict::deny) << topic;
  }
}

TEST_F(DoorAccess, WhatOnlyTheBridgePublishesIsTheBridges) {
  for (const char* topic :
       {"chat/42/messages/log", "chat/42/messages/doc/m1", "sync/alice:phone/ack/chat/42/messages",
        "sync/alice:phone/delta/chat/42/messages", "sync/alice:phone/notice", "sync/status"}) {
    EXPECT_EQ(publish(alice, topic), Verdict::deny) << topic;
    EXPECT_EQ(publish(bridge, topic), Verdict::allow) << topic;
  }
  EXPECT_EQ(publish(bridge, "sync/mosquitto-sync:bridge/probe"), Verdict::allow);
  EXPECT_EQ(publish(bridge, "sync/alice:phone/probe"), Verdict::deny);
  EXPECT_EQ(publish(alice, "sync/alice:phone/probe"), Verdict::deny);
  EXPECT_EQ(publish(bridge, "sync/alice:phone/other"), Verdict::deny);
}

TEST_F(DoorAccess, RetainedInputIsRefused) {
  for (const char* leaf : {"in", "pull", "seen", "live/alice:phone"}) {
    EXPECT_EQ(publish(alice, std::string("chat/42/messages/") + leaf, true), Verdict::deny) << leaf;
  }
}

TEST_F(DoorAccess, LiveIsPublishedUnderOnesOwnIdOnly) {
  EXPECT_EQ(publish(alice, "chat/42/messages/live/alice:phone"), Verdict::allow);
  EXPECT_EQ(publish(alice, "chat/42/messages/live/alice:tablet"), Verdict::deny);
  EXPECT_EQ(publish(alice, "drop/bob/box/live/alice:phone"), Verdict::allow);    // write suffices
  EXPECT_EQ(publish(moderator, "chat/42/messages/live/mo:pc"), Verdict::allow);  // so does read
  EXPECT_EQ(publish(enter("eve:pc"), "chat/42/messages/live/eve:pc"), Verdict::deny);
}

TEST_F(DoorAccess, ReadersReceiveLogDocAndLive) {
  for (const char* leaf : {"log", "doc/m1", "live/bob:pc"}) {
    const std::string topic = std::string("chat/42/messages/") + leaf;
    EXPECT_EQ(deliver(alice, topic), Verdict::allow) << topic;
    EXPECT_EQ(deliver(moderator, topic), Verdict::allow) << topic;
    EXPECT_EQ(deliver(alice, "chat/43" + topic.substr(7)), Verdict::deny) << topic;
  }
  EXPECT_EQ(deliver(alice, "drop/bob/box/log"), Verdict::deny);  // a writer without read
}

TEST_F(DoorAccess, OthersInputIsDeliveredToTheBridgeOnly) {
  for (const char* leaf : {"in", "pull", "seen"}) {
    const std::string topic = std::string("chat/42/messages/") + leaf;
    EXPECT_EQ(deliver(alice, topic), Verdict::deny) << topic;
    EXPECT_EQ(deliver(bridge, topic), Verdict::allow) << topic;
  }
}

TEST_F(DoorAccess, AnInboxIsItsClientsAndJudgedByScope) {
  EXPECT_EQ(deliver(alice, "sync/alice:phone/ack/chat/42/messages"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/delta/chat/42/messages"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/delta/chat/43/messages"), Verdict::deny);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/ack/drop/bob/box"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/delta/drop/bob/box"), Verdict::deny);
  EXPECT_EQ(deliver(moderator, "sync/mo:pc/ack/chat/42/messages"), Verdict::deny);
  EXPECT_EQ(deliver(alice, "sync/alice:phone/notice"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "sync/status"), Verdict::allow);
  for (const char* topic : {"sync/alice:tablet/delta/chat/42/messages", "sync/alice:tablet/notice"}) {
    EXPECT_EQ(deliver(alice, topic), Verdict::deny) << topic;
  }
}

TEST_F(DoorAccess, AFilterIsGrantedWhenItCanMatchSomethingReadable) {
  for (const char* filter : {"chat/42/messages/log", "chat/+/messages/log", "chat/#", "#", "+/+/+/log",
                             "sync/alice:phone/#", "sync/#", "sync/+/notice", "sync/status", "+/status",
                             "news/+/doc/+", "drop/alice/box/log", "+/42/#"}) {
    EXPECT_EQ(subscribe(alice, filter), Verdict::allow) << filter;
  }
  for (const char* filter :
       {"chat/43/messages/log", "chat/43/#", "chat/42/messages/in", "chat/+/messages/pull", "drop/bob/#",
        "sync/alice:tablet/#", "sync/bob:phone/notice", "sync/mosquitto-sync:bridge/#", "chat/42x/#"}) {
    EXPECT_EQ(subscribe(alice, filter), Verdict::deny) << filter;
  }
}

TEST_F(DoorAccess, TheBridgeSubscribesToItsInputAlsoShared) {
  for (const char* filter :
       {"chat/+/messages/in", "$share/bridge/chat/+/messages/in", "sync/mosquitto-sync:bridge/#"}) {
    EXPECT_EQ(subscribe(bridge, filter), Verdict::allow) << filter;
  }
  for (const char* filter : {"$share/bridge/chat/+/messages/in", "$share/g/chat/42/messages/log",
                             "$share/g/#", "$share/g/sync/status", "$share/g", "$share//chat/42/messages/log",
                             "$share", "$share/g/$share/g/x"}) {
    EXPECT_EQ(subscribe(alice, filter), Verdict::deny) << filter;
  }
}

TEST_F(DoorAccess, SystemTopicsAreForTheBridgeAndReadByOperators) {
  const Client op = enter("olga:pc", {{"roles", {"operator"}}});
  for (const char* topic : {"$SYS/broker/uptime", "$SYS/#", "$SYS"}) {
    EXPECT_EQ(subscribe(op, topic), Verdict::allow) << topic;
    EXPECT_EQ(subscribe(alice, topic), Verdict::deny) << topic;
  }
  EXPECT_EQ(deliver(op, "$SYS/broker/uptime"), Verdict::allow);
  EXPECT_EQ(deliver(bridge, "$SYS/broker/uptime"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "$SYS/broker/uptime"), Verdict::deny);
  EXPECT_EQ(publish(op, "$SYS/broker/connection/x/state"), Verdict::deny);
  EXPECT_EQ(publish(op, "$CONTROL/dynamic-security/v1"), Verdict::deny);
  EXPECT_EQ(publish(alice, "$CONTROL/dynamic-security/v1"), Verdict::deny);
}

TEST_F(DoorAccess, WhatLiesOutsideIsLeftToMosquitto) {
  for (const char* topic : {"weather/berlin", "chatter", "$aws/things", "synchrony/a"}) {
    EXPECT_EQ(publish(alice, topic), Verdict::defer) << topic;
    EXPECT_EQ(deliver(alice, topic), Verdict::defer) << topic;
    EXPECT_EQ(subscribe(alice, topic), Verdict::defer) << topic;
    EXPECT_EQ(publish(stranger, topic), Verdict::defer) << topic;
  }
  EXPECT_EQ(subscribe(alice, "$share/g/weather/+"), Verdict::defer);
}

TEST_F(DoorAccess, WithoutATokenOurTopicsAreClosed) {
  for (const char* topic : {"chat/42/messages/in", "chat/42/messages/log", "news/a/log", "sync/status",
                            "sync/sensor-7/notice", "$SYS/broker/uptime", "$CONTROL/x/v1"}) {
    EXPECT_EQ(publish(stranger, topic), Verdict::deny) << topic;
    EXPECT_EQ(deliver(stranger, topic), Verdict::deny) << topic;
    EXPECT_EQ(subscribe(stranger, topic), Verdict::deny) << topic;
  }
  EXPECT_EQ(subscribe(stranger, "#"), Verdict::defer);  // Mosquitto decides; what it delivers is judged
}

TEST_F(DoorAccess, EverybodyMayUnsubscribe) {
  EXPECT_EQ(door.acl(stranger, {Access::unsubscribe, "chat/43/messages/log"}, now_ms), Verdict::allow);
}

TEST_F(DoorAccess, RememberedRightsAreThoseOfTheScopeAndTheSession) {
  const Client bob = enter("bob:pc", {{"rooms", {"43"}}});
  for (int round = 0; round < 3; ++round) {
    for (int room = 0; room < 3000; ++room) {  // more than a session remembers
      const std::string topic = "chat/" + std::to_string(room) + "/messages/log";
      ASSERT_EQ(deliver(alice, topic), room == 42 ? Verdict::allow : Verdict::deny) << topic;
      ASSERT_EQ(deliver(bob, topic), room == 43 ? Verdict::allow : Verdict::deny) << topic;
    }
  }
}

TEST_F(DoorAccess, AScopesNumberGivenToAnotherScopeBringsNoRights) {
  EXPECT_EQ(deliver(alice, "chat/42/messages/log"), Verdict::allow);  // number 1
  for (std::uint32_t i = 1; i < limits::numbered_scopes; ++i) {
    deliver(moderator, "chat/x" + std::to_string(i) + "/messages/log");
  }
  EXPECT_EQ(deliver(alice, "chat/43/messages/log"), Verdict::deny);  // number 1 again
}

TEST_F(DoorAccess, RightsOutliveTheForgettingOfScopeNumbers) {
  for (std::uint32_t i = 0; i < limits::numbered_scopes + 10; ++i) {
    ASSERT_EQ(deliver(alice, "chat/x" + std::to_string(i) + "/messages/log"), Verdict::deny);
  }
  EXPECT_EQ(deliver(alice, "chat/42/messages/log"), Verdict::allow);
  EXPECT_EQ(deliver(alice, "chat/43/messages/log"), Verdict::deny);
}

}  // namespace
}  // namespace msync
