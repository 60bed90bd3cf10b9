// MQTT over WebSocket through the bridge, as browsers use it.
#include "tests/system/http_socket.h"
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

class Gateway : public Http {
 protected:
  /// The status of an attempt to open a WebSocket with these headers.
  int knocks(std::vector<std::string> headers) {
    std::string request = "GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(web.port()) +
                          "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (const std::string& header : headers) request += header + "\r\n";
    const std::string port = std::to_string(web.port());
    const auto answer = run({"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + port + "; cat >&3; head -n 1 <&3"},
                            {.input = request + "\r\n"});
    return answer.out.size() < 12 ? 0 : std::atoi(answer.out.substr(9, 3).c_str());
  }
};

TEST_F(Gateway, ABrowsersClientWorksThroughIt) {
  for (const char* version : {"4", "5"}) {
    const auto done = run({"node", MSYNC_SOURCE_DIR "/tests/system/stock_client.mjs",
                           "ws://127.0.0.1:" + std::to_string(web.port()) + "/mqtt", version, "alice:js",
                           token("alice"), "chat/42/messages", std::string("js") + version});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(Json::parse(done.out)["log"]["changes"][0]["id"], std::string("js") + version);
  }
}

TEST_F(Gateway, OnlyPagesOfItsOwnOriginOrNamedOnesMayConnect) {
  const std::string mqtt = "Sec-WebSocket-Protocol: mqtt";
  EXPECT_EQ(knocks({mqtt}), 101) << "no browser";
  EXPECT_EQ(knocks({mqtt, "Origin: http://127.0.0.1:" + std::to_string(web.port())}), 101);
  EXPECT_EQ(knocks({mqtt, "Origin: https://app.example.com"}), 101);
  EXPECT_EQ(knocks({mqtt, "Origin: https://evil.example.com"}), 403);
  EXPECT_EQ(knocks({mqtt, "Origin: null"}), 403);
  EXPECT_EQ(knocks({"Sec-WebSocket-Protocol: other, mqttv3.1"}), 101);
  EXPECT_EQ(knocks({"Sec-WebSocket-Protocol: other"}), 400);
  EXPECT_EQ(knocks({}), 400);
  EXPECT_EQ(web.get("/mqtt").status, 426);
}

TEST_F(Gateway, FramesAreBinaryAndBounded) {
  const auto closed_with = [&](const std::string& what) {
    return run({"node", MSYNC_SOURCE_DIR "/tests/system/ws_probe.mjs",
                "ws://127.0.0.1:" + std::to_string(web.port()) + "/mqtt", what})
        .out;
  };
  EXPECT_EQ(closed_with("text"), "1003\n");
  EXPECT_EQ(closed_with("large"), "1009\n");
}

TEST_F(Gateway, OneAddressHasSoManyConnectionsAndAnotherItsOwn) {
  const auto opens = [&](const std::string& address) {
    auto socket = std::make_unique<HttpSocket>(web.port());
    socket->asks("/mqtt",
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
                 "X-Forwarded-For: " +
                     address + "\r\n");
    return socket;
  };
  std::vector<std::unique_ptr<HttpSocket>> all;
  for (std::size_t i = 0; i < limits::gateway_connections_per_address; ++i) {
    all.push_back(opens("192.0.2.1"));
    ASSERT_EQ(all.back()->hears(), 101) << i;
  }
  EXPECT_EQ(opens("192.0.2.1")->hears(), 503);
  EXPECT_EQ(opens("192.0.2.2")->hears(), 101);
  all.pop_back();
  EXPECT_TRUE(eventually([&] { return opens("192.0.2.1")->hears() == 101; })) << "one has gone";
}

TEST_F(Gateway, WithoutTheBrokerItSaysSo) {
  broker.stop();
  EXPECT_EQ(knocks({"Sec-WebSocket-Protocol: mqtt"}), 503);
  broker.start();
  EXPECT_TRUE(eventually([&] { return knocks({"Sec-WebSocket-Protocol: mqtt"}) == 101; }));
}

}  // namespace
}  // namespace msync::test
