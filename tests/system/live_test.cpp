// T/live/<client-id>: presence, typing, cursors. Relayed to whoever reads the scope, kept by nobody.

#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct Live : Arena<Live> {
  static std::string leaf(const std::string& id) { return "chat/42/messages/live/" + id; }

  static RawClient reader(const std::string& id = "reader:pc") {
    RawClient client = enters(id);
    EXPECT_EQ(client.subscribe("chat/42/messages/live/+"), granted_qos1);
    EXPECT_TRUE(client.ping());
    return client;
  }
};

TEST_F(Live, ReadersOfTheScopeSeeItAndNobodyElse) {
  RawClient bob = reader("bob:pc");
  RawClient eve = enters("eve:pc", R"({"rooms":["7"]})");
  EXPECT_EQ(eve.subscribe("chat/42/messages/live/+"), not_authorized);
  EXPECT_EQ(eve.subscribe("#"), granted_qos1);
  RawClient alice = enters("alice:pc");
  for (const int qos : {0, 1}) {
    EXPECT_EQ(alice.publish({.topic = leaf("alice:pc"), .payload = "typing", .qos = qos}), granted);
  }
  EXPECT_TRUE(bob.message(leaf("alice:pc")));
  EXPECT_TRUE(bob.ping());
  EXPECT_EQ(bob.messages().size(), 2u);
  EXPECT_TRUE(eve.ping());
  EXPECT_TRUE(eve.messages().empty());
  EXPECT_EQ(eve.publish({.topic = leaf("eve:pc"), .payload = "me, too"}), not_authorized);
}

TEST_F(Live, OnesOwnLeafOnly) {
  RawClient bob = reader("bob:pc");
  RawClient alice = enters("alice:pc");
  for (const char* id :
       {"bob:pc", "alice:phone", "alice", "alice:pc/x", "ALICE:pc", "mosquitto-sync:bridge", ""}) {
    EXPECT_EQ(alice.publish({.topic = leaf(id), .payload = "typing"}), not_authorized) << id;
  }
  EXPECT_EQ(alice.publish({.topic = "chat/42/messages/live", .payload = "typing"}), not_authorized);
  EXPECT_TRUE(bob.ping());
  EXPECT_TRUE(bob.messages().empty());
}

TEST_F(Live, ReadOrWriteSufficesToShowOneself) {
  RawClient moderator = enters("mo:pc", R"({"roles":["moderator"]})");  // reads only
  RawClient bob = reader("bob:pc");
  EXPECT_EQ(moderator.publish({.topic = leaf("mo:pc"), .payload = "here"}), granted);
  EXPECT_TRUE(bob.message(leaf("mo:pc")));
}

TEST_F(Live, NothingIsKeptForWhoComesLater) {
  RawClient alice = enters("alice:pc");
  EXPECT_EQ(alice.publish({.topic = leaf("alice:pc"), .payload = "for ever", .retain = true}),
            not_authorized);
  EXPECT_LT(alice.publish({.topic = leaf("alice:pc"), .payload = "now"}), 0x80);
  RawConnect dying = login("carol:pc", R"({"rooms":["42"]})");
  dying.will = RawWill{.topic = leaf("carol:pc"), .payload = "for ever", .retain = true};
  RawClient bob = reader("bob:pc");
  enters(dying).close();
  EXPECT_TRUE(enters("carol:pc").ping());  // its predecessor is gone
  EXPECT_TRUE(bob.ping());
  EXPECT_TRUE(bob.messages().empty());
  RawClient late = reader("late:pc");
  EXPECT_TRUE(late.messages().empty());
}

TEST_F(Live, AWillSaysGoodbyeWhenItsClientIsKilled) {
  RawClient bob = reader("bob:pc");
  Process dying({"mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", std::to_string(broker().port()),
                 "-i", "alice:killed", "-u", "alice", "-P", Broker::token("alice", R"({"rooms":["42"]})"),
                 "-t", "chat/42/messages/live/+", "--will-topic", leaf("alice:killed"), "--will-payload",
                 "gone"});
  RawClient alice = enters("alice:pc");
  ASSERT_TRUE(eventually([&] {
    alice.publish({.topic = leaf("alice:pc"), .payload = "are you there?"});
    return !dying.out().empty();
  })) << dying.err();
  dying.kill_hard();
  const auto* goodbye = bob.message(leaf("alice:killed"));
  ASSERT_TRUE(goodbye);
  EXPECT_EQ(goodbye->payload, "gone");
}

TEST_F(Live, AClientThatTakesItsLeaveIsNotMourned) {
  RawClient bob = reader("bob:pc");
  RawConnect connect = login("alice:pc", R"({"rooms":["42"]})");
  connect.will = RawWill{.topic = leaf("alice:pc"), .payload = "gone"};
  enters(connect).disconnect();
  RawClient leaving = enters(connect);
  leaving.disconnect(0x04);  // with the will, please
  ASSERT_TRUE(bob.message(leaf("alice:pc")));
  EXPECT_TRUE(bob.ping());
  EXPECT_EQ(bob.messages().size(), 1u);
}

}  // namespace
}  // namespace msync::test
