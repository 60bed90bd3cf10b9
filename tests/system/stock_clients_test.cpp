// Clients that know nothing of us: Mosquitto's own, as MQTT 3.1.1 and 5, and MQTT.js.

#include "tests/system/support/protocol_check.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

const std::string scope = "chat/42/messages";

struct StockClients : World, testing::WithParamInterface<const char*> {};

TEST_P(StockClients, MosquittosOwnWriteGetTheAckAndReadTheLogAndAPull) {
  const std::string version = GetParam();
  const std::string ack_topic = "sync/alice:stock/ack/" + scope;
  const std::string page_topic = "sync/alice:stock/delta/" + scope;
  Process log(
      client("mosquitto_sub", "alice:screen", {"-V", version, "-q", "1", "-t", scope + "/log", "-C", "1"}));
  const auto status =
      run(client("mosquitto_sub", "alice:stock", {"-V", version, "-t", "sync/status", "-C", "1"}));
  const auto epoch = decode_status(status.out)->epoch;
  ASSERT_TRUE(eventually([&] { return broker.log().find("alice:screen") != std::string::npos; }));

  const Json write = {
      {"epoch", epoch},
      {"src", "0123456789abcdef"},
      {"n", 1},
      {"mutations", {{{"op", "put"}, {"id", "m1"}, {"data", {{"text", "by a stock client"}}}}}}};
  const auto acked = run(client(
      "mosquitto_rr", "alice:stock",
      {"-V", version, "-q", "1", "-W", "10", "-t", scope + "/in", "-e", ack_topic, "-m", to_text(write)}));
  ASSERT_EQ(acked.code, 0) << acked.err;
  expect_valid(ack_topic, acked.out);
  EXPECT_EQ(decode_ack(acked.out)->results.at(0).status, Status::applied);

  const auto page = run(client("mosquitto_rr", "alice:stock",
                               {"-V", version, "-q", "1", "-W", "10", "-t", scope + "/pull", "-e", page_topic,
                                "-m", R"({"rid":"1","since":0})"}));
  ASSERT_EQ(page.code, 0) << page.err;
  expect_valid(page_topic, page.out);
  EXPECT_EQ(decode_delta(page.out)->changes.at(0).id, "m1");

  EXPECT_EQ(log.wait(), 0);
  expect_valid(scope + "/log", log.out());
  EXPECT_EQ(decode_delta(log.out())->changes.at(0).data, R"({"text":"by a stock client"})");
}

TEST_P(StockClients, MosquittoPubWritesWithoutANumber) {
  auto& reader = phone("bob:b");
  const auto done = run(client("mosquitto_pub", "alice:sensor",
                               {"-V", GetParam(), "-q", "1", "-t", scope + "/in", "-m",
                                R"({"mutations":[{"op":"put","id":"s1","data":{"text":"21 degrees"}}]})"}));
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_TRUE(eventually([&] { return reader.version("s1") == 1; }));
  EXPECT_EQ(reader.holds("s1")["text"], "21 degrees");
}

INSTANTIATE_TEST_SUITE_P(Versions, StockClients, testing::Values("mqttv311", "mqttv5"),
                         [](const auto& test) { return std::string(test.param); });

struct MqttJs : World, testing::WithParamInterface<const char*> {
  MqttJs() : World({.websockets = true}) {}

  void expect_whole_exchange(const std::string& url) {
    const auto done = run({"node", MSYNC_SOURCE_DIR "/tests/system/stock_client.mjs", url, GetParam(),
                           "alice:js", token("alice"), scope, "js1"});
    ASSERT_EQ(done.code, 0) << done.err;
    const Json got = Json::parse(done.out);
    expect_valid("sync/status", to_text(got["status"]));
    expect_valid("sync/alice:js/ack/" + scope, to_text(got["ack"]));
    expect_valid("sync/alice:js/delta/" + scope, to_text(got["page"]));
    expect_valid(scope + "/log", to_text(got["log"]));
    EXPECT_EQ(got["ack"]["results"][0]["status"], "applied");
    EXPECT_EQ(got["page"]["changes"][0]["data"]["text"], "from MQTT.js");
    EXPECT_EQ(got["log"]["changes"][0]["id"], "js1");
  }
};

TEST_P(MqttJs, WritesGetsTheAckAndReadsTheLogAndAPull) {
  expect_whole_exchange(broker.url());
}

TEST_P(MqttJs, DoesSoOverWebSocketsToo) {
  expect_whole_exchange("ws://127.0.0.1:" + std::to_string(broker.websocket_port()));
}

INSTANTIATE_TEST_SUITE_P(Versions, MqttJs, testing::Values("4", "5"),
                         [](const auto& test) { return std::string("protocol_") + test.param; });

}  // namespace
}  // namespace msync::test
