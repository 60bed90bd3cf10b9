// Attacks on sessions: somebody else's client id, and what a session keeps while nobody looks. The bridge's own id is
// defended in tests/system/access_test.cpp.

#include "core/limits.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct ClientIdAttacks : Arena<ClientIdAttacks> {
  // Publishes as the bridge does.
  static RawClient bridge_client() { return enters("mosquitto-sync:x", R"({"roles":["bridge"]})"); }
  static void expect_undisturbed(RawClient& victim, int subscriptions_reason) {
    EXPECT_TRUE(victim.ping());
    RawClient server = bridge_client();
    EXPECT_EQ(server.publish({.topic = "sync/victim:phone/notice", .payload = "{}"}), subscriptions_reason);
    EXPECT_TRUE(victim.message("sync/victim:phone/notice")) << "its subscription holds";
  }
};

TEST_F(ClientIdAttacks, AnotherUsersTokenDoesNotTakeAnIdOver) {
  RawClient victim = enters("victim:phone");
  victim.subscribe("sync/victim:phone/#");
  for (const bool clean : {true, false}) {
    RawConnect eve = login("victim:phone", Broker::token("eve"));
    eve.clean_start = clean;
    for (const char* name : {"victim", "eve", ""}) {
      eve.username = name;
      EXPECT_EQ(knock(eve), not_authorized) << name;
    }
  }
  expect_undisturbed(victim, granted);
}

TEST_F(ClientIdAttacks, ABadTokenDoesNotCutTheIdsOwner) {
  RawClient victim = enters("victim:phone");
  victim.subscribe("sync/victim:phone/#");
  const std::string expired = Broker::token("victim", R"({"exp":1000})");
  for (const std::string& bad :
       {expired, Broker::token("victim") + "x", std::string("password"), std::string()}) {
    EXPECT_EQ(knock(login("victim:phone", bad)), not_authorized);
  }
  EXPECT_EQ(knock({.client_id = "victim:phone"}), not_authorized);
  expect_undisturbed(victim, granted);
}

TEST_F(ClientIdAttacks, AnIdCannotBeWrittenOtherwise) {
  const std::string victim = Broker::token("victim");
  for (const char* id : {"Victim:phone", "victim:phone:", "victim:pho ne", "victim:+", "victim:#",
                         "victim:a/b", ":phone", "victim/x:phone", "victim::phone", "victim:ph\xc3\xb6ne"}) {
    RawConnect connect = login(id, victim);
    connect.username = "victim";
    EXPECT_EQ(knock(connect), not_authorized) << id;
  }
  RawConnect longest = login("victim:phone", victim);
  longest.client_id = "victim:" + std::string(65'528, 'x');
  EXPECT_EQ(knock(longest), not_authorized);
}

TEST_F(ClientIdAttacks, AfterQuickReconnectionsTheLastConnectionHasItsRights) {
  std::vector<RawClient> connections;
  for (int i = 0; i < 6; ++i) connections.push_back(enters("hasty:phone"));
  RawClient& last = connections.back();
  EXPECT_EQ(last.subscribe("chat/42/messages/log"), granted_qos1);
  EXPECT_EQ(last.publish({.topic = "chat/42/messages/in", .payload = "{}"}), no_subscribers);
  for (int i = 0; i < 5; ++i) EXPECT_NE(connections[static_cast<std::size_t>(i)].ended(), -1) << i;
}

TEST_F(ClientIdAttacks, Mqtt31IsRefusedAndABridgesBitGivesNothing) {
  EXPECT_EQ(knock({.client_id = "eve:x",
                   .username = "eve",
                   .password = Broker::token("eve"),
                   .level = 3,
                   .protocol = "MQIsdp"}),
            refused_v311);
  EXPECT_NE(knock({.client_id = "eve:x",
                   .username = "eve",
                   .password = Broker::token("eve"),
                   .level = 0x83,
                   .protocol = "MQIsdp"}),
            granted);
  for (const int level : {0x84, 0x85}) {
    RawClient eve = anybody();
    if (eve.connect(login("eve:x", R"({"rooms":["42"]})", level)) != granted) continue;
    EXPECT_GE(eve.subscribe("chat/7/messages/log"), 0x80) << level;
    RawClient server = bridge_client();
    EXPECT_EQ(eve.subscribe("#"), granted_qos1);
    EXPECT_EQ(server.publish({.topic = "chat/7/messages/log", .payload = "secret"}), granted);
    EXPECT_TRUE(eve.ping());
    EXPECT_TRUE(eve.messages().empty()) << level;
  }
}

TEST_F(ClientIdAttacks, WhatWasQueuedForALostRightIsNotDelivered) {
  RawConnect before = login("fired:phone", R"({"rooms":["42","7"]})");
  before.clean_start = false;
  before.properties = raw::session_expiry(0xffffffff);
  RawClient phone = enters(before);
  EXPECT_EQ(phone.subscribe("chat/+/messages/log"), granted_qos1);
  phone.disconnect();
  RawClient server = bridge_client();
  EXPECT_EQ(server.publish({.topic = "chat/42/messages/log", .payload = "secret"}), granted);
  EXPECT_EQ(server.publish({.topic = "chat/7/messages/log", .payload = "open"}), granted);

  RawConnect after = login("fired:phone", R"({"rooms":["7"]})");
  after.clean_start = false;
  after.properties = raw::session_expiry(3600);
  RawClient first = enters(after);
  EXPECT_TRUE(first.session_present());
  EXPECT_NE(first.ended(), -1) << "sent back once, so that Mosquitto counts its queue right";
  RawClient back = enters(after);
  EXPECT_TRUE(first.message("chat/7/messages/log") || back.message("chat/7/messages/log"));
  EXPECT_EQ(back.publish({.topic = "chat/42/messages/pull", .payload = R"({"rid":"1"})"}), not_authorized);
  EXPECT_TRUE(back.ping());
  for (RawClient* client : {&first, &back}) {
    for (const auto& message : client->messages()) EXPECT_NE(message.topic, "chat/42/messages/log");
  }
}

TEST_F(ClientIdAttacks, AUserHasSoManyConnectionsAtATime) {
  std::vector<RawClient> connections;
  for (std::size_t i = 0; i < limits::max_connections_per_user; ++i)
    connections.push_back(enters("many:d" + std::to_string(i)));
  EXPECT_EQ(knock(login("many:more")), not_authorized);
  EXPECT_EQ(knock(login("many:d0")), granted) << "taking one's own over is always possible";
  RawClient other = enters("other:pc");
  EXPECT_TRUE(other.ping());
}

}  // namespace
}  // namespace msync::test
