// The plugin beside Mosquitto's own means: password_file, acl_file, check_retain_source.

#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct Beside : testing::Test {
  void SetUp() override {
    const std::string passwords = broker.folder() / "passwords", acl = broker.folder() / "acl";
    ASSERT_EQ(run({"mosquitto_passwd", "-b", "-c", passwords, "sensor", "secret"}).code, 0);
    // It grants a sensor and alice more than is Mosquitto's to grant.
    write_file(acl,
               "user sensor\ntopic readwrite weather/#\ntopic readwrite chat/#\ntopic readwrite sync/#\n"
               "topic readwrite $SYS/#\nuser alice\ntopic read weather/#\ntopic readwrite chat/#\n");
    broker.options().lines = {"password_file " + passwords, "acl_file " + acl, "check_retain_source true"};
    broker.start();
  }
  void TearDown() override { broker.stop(); }

  RawClient enters(const RawConnect& connect) {
    RawClient client(broker.port());
    EXPECT_EQ(client.connect(connect), granted) << connect.client_id;
    return client;
  }
  RawClient sensor() { return enters({.client_id = "sensor-7", .username = "sensor", .password = "secret"}); }
  RawClient alice(const std::string& device = "pc") {
    return enters(login("alice:" + device, R"({"rooms":["42"]})"));
  }
  RawClient bridge() { return enters(login("mosquitto-sync:bridge", R"({"roles":["bridge"]})")); }

  Broker broker;
};

TEST_F(Beside, APasswordOpensTheTopicsOutsideAndNoneOfOurs) {
  RawClient client = sensor();
  RawClient reader = alice();
  EXPECT_EQ(reader.subscribe("weather/#"), granted_qos1);
  EXPECT_EQ(client.publish({.topic = "weather/berlin", .payload = "rain"}), granted);
  EXPECT_TRUE(reader.message("weather/berlin")) << "alice reads it by her name in acl_file";

  for (const char* topic : {"chat/42/messages/in", "chat/42/messages/pull", "chat/42/messages/log",
                            "sync/status", "sync/alice:pc/notice", "$SYS/broker/x"}) {
    EXPECT_EQ(client.publish({.topic = topic, .payload = "{}"}), not_authorized) << topic;
  }
  EXPECT_EQ(client.publish({.topic = "elsewhere", .payload = "x"}), not_authorized)
      << "acl_file does not name it";
  for (const char* filter :
       {"chat/42/messages/log", "sync/status", "$SYS/#", "$share/g/chat/42/messages/log"}) {
    EXPECT_EQ(client.subscribe(filter), not_authorized) << filter;
  }
}

TEST_F(Beside, AFilterThatMosquittoGrantsBringsNothingOfOurs) {
  RawClient client = sensor();
  EXPECT_EQ(client.subscribe("#"), granted_qos1);
  EXPECT_EQ(client.subscribe("chat/#"), granted_qos1);
  RawClient server = bridge();
  for (const char* topic : {"chat/42/messages/log", "sync/status", "sync/alice:pc/notice"}) {
    EXPECT_LT(server.publish({.topic = topic, .payload = "{}"}), 0x80);
  }
  EXPECT_EQ(client.publish({.topic = "weather/berlin", .payload = "sun"}), granted);
  EXPECT_TRUE(client.message("weather/berlin"));
  EXPECT_TRUE(client.ping());
  for (const auto& message : client.messages()) EXPECT_EQ(message.topic, "weather/berlin");
}

TEST_F(Beside, AclFileGivesATokensUserNothingInACollection) {
  RawClient client = alice();
  EXPECT_EQ(client.publish({.topic = "chat/7/messages/in", .payload = "{}"}), not_authorized);
  EXPECT_EQ(client.subscribe("chat/7/messages/log"), not_authorized);
  EXPECT_EQ(client.publish({.topic = "weather/berlin", .payload = "x"}), not_authorized) << "read only";
  EXPECT_LT(client.publish({.topic = "chat/42/messages/in", .payload = "{}"}), 0x80);
}

TEST_F(Beside, APasswordDoesNotOpenAUsersSession) {
  RawClient owner = alice();
  const auto knock = [&](const RawConnect& connect) { return RawClient(broker.port()).connect(connect); };
  EXPECT_EQ(knock({.client_id = "alice:pc", .username = "sensor", .password = "secret"}), not_authorized);
  EXPECT_EQ(knock({.client_id = "sensor:pc", .username = "sensor", .password = "secret"}), not_authorized);
  EXPECT_EQ(knock({.client_id = "sensor-7", .username = "sensor", .password = "wrong"}), not_authorized);
  EXPECT_EQ(knock({.client_id = "sensor-7", .username = "alice", .password = ""}), not_authorized);
  EXPECT_TRUE(owner.ping());
}

TEST_F(Beside, ARetainedHeadIsReadWhileItsAuthorIsKnown) {
  const std::string log = "chat/42/messages/log";
  RawClient server = bridge();
  EXPECT_LT(server.publish({.topic = log, .payload = "head", .retain = true}), 0x80);
  RawClient reader = alice();
  EXPECT_EQ(reader.subscribe(log), granted_qos1);
  EXPECT_TRUE(reader.message(log));
  server.disconnect();
  RawClient second = alice("second");
  second.subscribe(log);
  EXPECT_TRUE(second.message(log)) << "also while the bridge is away";

  broker.restart();  // Mosquitto now asks about an author of whom nobody has heard
  RawClient early = alice("early");
  EXPECT_EQ(early.subscribe(log), granted_qos1);
  EXPECT_TRUE(early.ping());
  EXPECT_TRUE(early.messages().empty());
  RawClient returned = bridge();
  EXPECT_EQ(early.subscribe(log), granted_qos1);
  EXPECT_TRUE(early.message(log));
}

TEST_F(Beside, ARetainedMessageOfWhoLostTheRightIsNotRead) {
  // Somebody who was the bridge's user without being the bridge: what he left is not what the bridge says.
  const std::string log = "chat/42/messages/log";
  RawClient server = bridge();
  EXPECT_LT(server.publish({.topic = log, .payload = "head", .retain = true}), 0x80);
  server.disconnect();
  RawClient demoted = enters(login("mosquitto-sync:bridge"));  // the same user, without the role
  RawClient reader = alice();
  EXPECT_EQ(reader.subscribe(log), granted_qos1);
  EXPECT_TRUE(reader.ping());
  EXPECT_TRUE(reader.messages().empty());
}

}  // namespace
}  // namespace msync::test
