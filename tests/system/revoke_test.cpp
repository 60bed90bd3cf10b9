// Tokens that no longer count, before they end by themselves.
#include <sysexits.h>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";
constexpr int refused_v5 = 0x87;  // mosquitto_sub's exit code is the CONNACK's reason

struct Revoking : World {
  Finished revoke(std::vector<std::string> arguments, std::vector<std::string> who = {}) {
    std::vector<std::string> command = {program, "revoke", "--broker", broker.url()};
    if (who.empty()) who = {"--secret-file", broker.secret_file()};
    command.insert(command.end(), who.begin(), who.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command);
  }

  /// The exit code of a client of bob's that comes with this token and leaves at the first message.
  int connect(const std::string& password, const std::string& user = "bob") {
    return run({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V", "mqttv5", "-i",
                user + ":x", "-u", user, "-P", password, "-t", "sync/status", "-C", "1", "-W", "5"})
        .code;
  }
  static std::string later_token() {
    return Broker::token("bob", R"({"rooms":["42"],"iat":)" + std::to_string(now_ms() / 1000 + 5) + "}");
  }
};

TEST_F(Revoking, AUsersConnectionsEndAndHisTokensLetNobodyIn) {
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  const Finished done = revoke({"--user", "bob"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find("tokens of bob issued up to "), std::string::npos) << done.out;
  EXPECT_TRUE(eventually([&] { return !bob.connected(); }));
  EXPECT_EQ(connect(token("bob")), refused_v5);
  EXPECT_EQ(connect(later_token()), 0) << "who is given a new one is let in";
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "none of her business"}})), "applied");
}

TEST_F(Revoking, OneTokenIsRevokedByItsId) {
  const std::string lost = Broker::token("bob", R"({"jti":"j1"})");
  const std::string other = Broker::token("bob", R"({"jti":"j2"})");
  EXPECT_EQ(connect(lost), 0);
  EXPECT_EQ(revoke({"--token-id", "j1"}).code, 0);
  EXPECT_EQ(connect(lost), refused_v5);
  EXPECT_EQ(connect(other), 0);
}

TEST_F(Revoking, ItOutlivesBridgeAndBroker) {
  EXPECT_EQ(revoke({"--user", "bob"}).code, 0);
  bridge.restart();
  EXPECT_EQ(connect(token("bob")), refused_v5);
  broker.kill();
  broker.start();
  ASSERT_TRUE(bridge.wait_until_online());
  EXPECT_TRUE(eventually([&] { return connect(token("bob")) == refused_v5; }))
      << "the bridge has told it again";
  const Finished list = revoke({"--list"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_NE(list.out.find("tokens of bob issued up to "), std::string::npos) << list.out;
}

TEST_F(Revoking, ARequestWaitsForABridgeThatIsAway) {
  EXPECT_EQ(bridge.stop(), 0);
  const Finished asked = revoke({"--user", "bob", "--wait", "1s"});
  EXPECT_EQ(asked.code, EX_UNAVAILABLE);
  EXPECT_NE(asked.err.find("the request waits for it at the broker"), std::string::npos) << asked.err;
  EXPECT_EQ(connect(token("bob")), 0) << "until then it counts";
  bridge.start();
  EXPECT_TRUE(eventually([&] { return connect(token("bob")) == refused_v5; }));
}

TEST_F(Revoking, AnEarlierRevocationIsNoAnswerToALaterRequest) {
  EXPECT_EQ(revoke({"--user", "bob"}).code, 0);
  EXPECT_EQ(revoke({"--user", "bob"}).code, 0)
      << "with a bridge there is an answer, within the same second too";
  const auto as_bridge = [&](const char* command, std::vector<std::string> what) {
    std::vector<std::string> words = {command,
                                      "-h",
                                      "127.0.0.1",
                                      "-p",
                                      std::to_string(broker.port()),
                                      "-V",
                                      "mqttv5",
                                      "-i",
                                      "mosquitto-sync:other",
                                      "-u",
                                      "mosquitto-sync",
                                      "-P",
                                      Broker::token("mosquitto-sync", R"({"roles":["bridge"]})"),
                                      "-t",
                                      "sync/door/revoked"};
    words.insert(words.end(), what.begin(), what.end());
    return run(words);
  };
  const Finished list = as_bridge("mosquitto_sub", {"-C", "1", "-W", "5"});
  ASSERT_NE(list.out.find("bob"), std::string::npos) << list.out << list.err;
  EXPECT_EQ(bridge.stop(), 0);
  Process asking({program, "revoke", "--broker", broker.url(), "--secret-file", broker.secret_file(),
                  "--user", "bob", "--wait", "3s"});
  EXPECT_TRUE(eventually([&] {
    as_bridge("mosquitto_pub", {"-r", "-q", "1", "-m", list.out.substr(0, list.out.find('\n'))});
    return !asking.running();
  }));
  EXPECT_EQ(asking.wait(), EX_UNAVAILABLE) << asking.out();
}

TEST_F(Revoking, OnlyOperatorsMayAndNeverTheBridge) {
  write_file(broker.folder() / "alice.token", token("alice"));
  EXPECT_EQ(revoke({"--user", "bob"}, {"--token-file", broker.folder() / "alice.token"}).code, EX_NOPERM);
  EXPECT_EQ(connect(token("bob")), 0);
  const Finished own = revoke({"--user", "mosquitto-sync"});
  EXPECT_EQ(own.code, EX_NOPERM);
  EXPECT_NE(own.err.find("the bridge's own user cannot be revoked"), std::string::npos) << own.err;
  EXPECT_EQ(revoke({"--user", "bob", "--list"}).code, EX_USAGE);
  EXPECT_EQ(revoke({}).code, EX_USAGE);
  EXPECT_EQ(revoke({"--user", "a/b"}).code, EX_USAGE);
}

}  // namespace
}  // namespace msync::test
