// More than one's share: sizes, rates, the broker's one thread, the log. Limits are proven one by one in
// tests/unit/door_message_test.cpp and door_connect_test.cpp; here others must not notice.

#include <algorithm>
#include <chrono>
#include <sstream>

#include "core/json.h"
#include "tests/signing_key.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

constexpr std::size_t max_payload_bytes = 4096;

struct FloodAttacks : Arena<FloodAttacks> {
  static BrokerOptions options() {
    BrokerOptions options;
    options.plugin_options = {"plugin_opt_max_messages_per_s 50",
                              "plugin_opt_max_payload_bytes " + std::to_string(max_payload_bytes)};
    return options;
  }

  static RawClient server() {
    RawClient bridge = enters("mosquitto-sync:x", R"({"roles":["bridge"]})");
    EXPECT_EQ(bridge.subscribe("chat/42/messages/#"), granted_qos1);
    return bridge;
  }

  // How long each of these took, ascending, ms.
  template <class Action>
  static std::vector<double> durations_ms(int times, Action action) {
    std::vector<double> all;
    for (int i = 0; i < times; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      action();
      all.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(FloodAttacks, OneByteOverTheLimitIsDeniedAtEveryQosAndToldSo) {
  RawClient bridge = server();
  RawClient eve = enters("eve:large");
  EXPECT_EQ(eve.subscribe("sync/eve:large/#"), granted_qos1);
  for (const char* leaf : {"in", "live/eve:large"}) {
    const std::string topic = std::string("chat/42/messages/") + leaf;
    for (const int qos : {0, 1, 2}) {
      bridge.messages().clear();
      for (const std::size_t size : {max_payload_bytes - 1, max_payload_bytes, max_payload_bytes + 1}) {
        const int expected = size > max_payload_bytes && qos > 0 ? not_authorized : granted;
        EXPECT_EQ(eve.publish({.topic = topic, .payload = std::string(size, ' '), .qos = qos}), expected)
            << size;
      }
      EXPECT_TRUE(eve.ping());  // QoS 0 has been judged
      EXPECT_TRUE(bridge.ping());
      EXPECT_EQ(bridge.messages().size(), 2u) << topic << " at QoS " << qos;
    }
  }
  const auto* notice = eve.message("sync/eve:large/notice");
  ASSERT_TRUE(notice);
  EXPECT_EQ(Json::parse(notice->payload)["code"], "too_large");
}

TEST_F(FloodAttacks, AWillOverTheLimitIsNotSent) {
  RawClient bridge = server();
  for (const std::size_t size : {max_payload_bytes + 1, max_payload_bytes}) {
    RawConnect dying = login("eve:will", R"({"rooms":["42"]})");
    dying.will =
        RawWill{.topic = "chat/42/messages/live/eve:will", .payload = std::string(size, ' '), .qos = 1};
    knock(dying);
  }
  const auto* goodbye = bridge.message("chat/42/messages/live/eve:will");
  ASSERT_TRUE(goodbye);
  EXPECT_EQ(goodbye->payload.size(), max_payload_bytes) << "the larger one would have come first";
}

TEST_F(FloodAttacks, AFloodIsCutToTheQuotaAndOthersAreServedMeanwhile) {
  RawClient bridge = server();
  RawClient eve = enters("flood:pc"), bob = enters("bob:pc");
  const std::int64_t begun_ms = now_ms();
  const auto waits_ms = durations_ms(40, [&] {
    for (int i = 0; i < 250; ++i)
      eve.send_publish({.topic = "chat/42/messages/in", .payload = "{}", .qos = i % 2});
    EXPECT_EQ(bob.publish({.topic = "chat/42/messages/live/bob:pc", .payload = "x", .qos = 1}), granted);
  });
  EXPECT_TRUE(eve.ping());
  EXPECT_TRUE(bridge.ping());
  const auto passed =
      std::count_if(bridge.messages().begin(), bridge.messages().end(),
                    [](const RawMessage& message) { return message.topic == "chat/42/messages/in"; });
  EXPECT_LE(passed, 50 + 50 * ((now_ms() - begun_ms) / 1000 + 1)) << "of 10,000";
  EXPECT_GE(passed, 50);
  EXPECT_LT(waits_ms[waits_ms.size() / 2], 500)
      << "what bob waits behind 250 of eve's messages, half of the time";
}

TEST_F(FloodAttacks, AHammerOfBadSignaturesLeavesTheOthersServed) {
  const SigningKey ours(Algorithm::rs256, "ours"), eves(Algorithm::rs256, "ours");
  Broker own;
  const std::string keys = own.folder() / "jwks.json", stamp = own.folder() / "stamp.key";
  write_file(stamp, "a stamp's key of at least thirty-two bytes, for tests");
  write_file(keys, jwks({ours.jwk()}));
  own.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys, "plugin_opt_stamp_key_file " + stamp};
  own.start();
  const Json claims = {{"sub", "alice"}, {"exp", now_ms() / 1000 + 600}};
  RawClient alice(own.port());
  ASSERT_EQ(alice.connect(login("alice:pc", ours.token(claims))), granted);
  const std::string hello = encode(login("alice:pc", eves.token(claims)));
  const auto waits_ms = durations_ms(40, [&] {
    std::vector<RawClient> hammer;
    for (int i = 0; i < 25; ++i) {
      hammer.emplace_back(own.port(), "127.2.0." + std::to_string(i + 1));
      hammer.back().send(hello);
    }
    EXPECT_TRUE(alice.ping());
  });
  EXPECT_LT(waits_ms[waits_ms.size() / 2], 250) << "behind 25 bad signatures, half of the time";
  own.stop();
}

TEST_F(FloodAttacks, NobodyWritesLinesOfTheLog) {
  for (const std::string& trick :
       {std::string("eve:x\n1795232472: all is well"), std::string("eve\x1b[2J:x"), std::string("eve\r:x"),
        std::string("eve\xc2\x85:x"), std::string("eve\" from 192.0.2.1: welcome\":x")}) {
    knock(login(trick));
    knock(login(trick, "no token"));
  }
  RawClient eve = enters("eve:log");
  for (const std::string& trick :
       {std::string("chat/4\n2/messages/in"), std::string("chat/\x1b[2J/messages/in"),
        std::string("chat/\xc2\x85/messages/in"), std::string("chat/\xe2\x80\xae/messages/in")}) {
    RawClient fresh = enters("eve:log");
    fresh.publish({.topic = trick, .payload = "{}"});
    fresh.subscribe(trick);
  }
  std::istringstream log(broker().log());
  for (std::string line; std::getline(log, line);) {
    EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(line[0])) != 0 && line.find(": ") == 10) << line;
    EXPECT_EQ(line.find_first_of("\x1b\r"), std::string::npos) << line;
    EXPECT_EQ(line.find("all is well"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace msync::test
