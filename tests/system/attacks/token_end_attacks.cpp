// Going on when a right has ended: a token's time, a removed key, a changed collection, a clock that jumps, a broker
// that restarts. The rules are proven by tests/unit/door_session_test.cpp and door_keys_test.cpp.

#include <csignal>
#include <filesystem>

#include "tests/signing_key.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

constexpr int administrative_action = 0x98;
const std::string faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

struct TokenEndAttacks : Arena<TokenEndAttacks> {
  static BrokerOptions options() {
    BrokerOptions options;
    options.plugin_options.emplace_back("plugin_opt_leeway_s 0");
    return options;
  }

  // Claims of a token that ends in about a second and a half.
  static std::string soon() { return Json({{"rooms", {"42"}}, {"exp", now_ms() / 1000 + 2}}).dump(); }
  static RawConnect staying(const std::string& id, const std::string& claims = R"({"rooms":["42"]})") {
    RawConnect connect = login(id, claims);
    connect.clean_start = false;
    connect.properties = raw::session_expiry(3600);
    return connect;
  }
  static RawClient server() { return enters("mosquitto-sync:x", R"({"roles":["bridge"]})"); }
  static void server_says(const std::string& payload, const std::string& topic = "chat/42/messages/log") {
    EXPECT_LT(server().publish({.topic = topic, .payload = payload}), 0x80);
  }
  static std::vector<std::string> payloads(RawClient& client) {
    EXPECT_TRUE(client.ping());
    std::vector<std::string> all;
    for (const auto& message : client.messages()) all.push_back(message.payload);
    return all;
  }
  static bool logs(Broker& broker, const std::string& text) {
    return eventually([&] { return broker.log().find(text) != std::string::npos; });
  }
};

TEST_F(TokenEndAttacks, AtItsTokensEndAConnectionIsCutWithoutItsWill) {
  RawClient witness = enters("witness:pc");
  witness.subscribe("chat/42/messages/live/#");
  RawConnect connect = login("eve:pc", soon());
  connect.will = RawWill{.topic = "chat/42/messages/live/eve:pc", .payload = "gone"};
  RawClient eve = enters(connect);
  EXPECT_EQ(eve.publish({.topic = "chat/42/messages/live/eve:pc", .payload = "still here"}), granted);
  EXPECT_EQ(eve.ended(), administrative_action);
  EXPECT_EQ(payloads(witness), std::vector<std::string>{"still here"});
  EXPECT_TRUE(eventually([&] { return knock(connect) == not_authorized; }))
      << "and it does not come back with the same token";
}

TEST_F(TokenEndAttacks, WhatComesAfterATokensEndIsNotKeptForItsAbsentClient) {
  const std::string ends = soon();
  RawClient phone = enters(staying("absent:pc", ends));
  phone.subscribe("chat/42/messages/log");
  phone.disconnect();
  server_says("before");
  const std::int64_t end_ms = Json::parse(ends)["exp"].get<std::int64_t>() * 1000;
  ASSERT_TRUE(eventually([&] { return now_ms() > end_ms + 20; }));
  server_says("after");
  RawClient back = enters(staying("absent:pc"));
  EXPECT_TRUE(back.session_present());
  EXPECT_EQ(payloads(back), std::vector<std::string>{"before"});
}

TEST_F(TokenEndAttacks, ASessionFromDiskGetsNothingUntilItsClientComes) {
  RawClient phone = enters(staying("restored:pc"));
  phone.subscribe("chat/42/messages/log");
  phone.disconnect();
  server_says("before");
  broker().restart();
  server_says("while nobody knew its rights");
  RawClient back = enters(staying("restored:pc"));
  EXPECT_TRUE(back.session_present());
  EXPECT_EQ(payloads(back), std::vector<std::string>{"before"});
  server_says("now");
  EXPECT_EQ(payloads(back).back(), "now");
}

TEST_F(TokenEndAttacks, AQueueFromDiskIsJudgedByTheTokenThatReturns) {
  RawClient phone = enters(staying("demoted:pc"));
  phone.subscribe("chat/+/messages/log");
  phone.disconnect();
  server_says("secret");
  broker().restart();
  RawClient first = enters(staying("demoted:pc", R"({"rooms":["7"]})"));
  EXPECT_TRUE(first.session_present());
  EXPECT_NE(first.ended(), -1) << "sent back once, so that Mosquitto counts its queue right";
  EXPECT_TRUE(first.messages().empty());
  RawClient back = enters(staying("demoted:pc", R"({"rooms":["7"]})"));
  EXPECT_TRUE(payloads(back).empty());
  server_says("open", "chat/7/messages/log");
  EXPECT_EQ(payloads(back), std::vector<std::string>{"open"});
}

TEST_F(TokenEndAttacks, ARightThatAReloadTakesEndsALiveSubscription) {
  const TempDir schemas;
  const auto write_schema = [&](const char* grant) {
    write_file(schemas / "messages.json",
               std::string(R"({"type":"object","x-sync":{"topic":"chat/{room}/messages","access":[)") +
                   grant + "]}}");
    std::filesystem::permissions(schemas / "messages.json", std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
  };
  write_schema(R"({"allow":["read","write"],"where":{"room":"$claims.rooms"}})");
  Broker own(BrokerOptions{.schemas = schemas.path()});
  own.start();
  RawClient reader(own.port()), bridge(own.port());
  reader.connect(login("reader:pc", R"({"rooms":["42"]})"));
  bridge.connect(login("mosquitto-sync:x", R"({"roles":["bridge"]})"));
  EXPECT_EQ(reader.subscribe("chat/42/messages/log"), granted_qos1);
  EXPECT_EQ(bridge.publish({.topic = "chat/42/messages/log", .payload = "before"}), granted);
  write_schema(R"({"allow":["read","write"],"role":"staff"})");
  own.process().signal(SIGHUP);
  ASSERT_TRUE(logs(own, "reloaded 1 collections"));
  bridge.publish({.topic = "chat/42/messages/log", .payload = "after"});
  EXPECT_EQ(reader.publish({.topic = "chat/42/messages/in", .payload = "{}"}), not_authorized);
  EXPECT_EQ(payloads(reader), std::vector<std::string>{"before"});
  own.stop();
}

TEST_F(TokenEndAttacks, SighupAmongHundredsOfSessionsCutsThoseOfTheRemovedKeyOnly) {
  const SigningKey kept(Algorithm::eddsa, "kept"), removed(Algorithm::es256, "removed");
  Broker own;
  const std::string keys = own.folder() / "jwks.json", stamp = own.folder() / "stamp.key";
  write_file(stamp, "a stamp's key of at least thirty-two bytes, for tests");
  write_file(keys, jwks({kept.jwk(), removed.jwk()}));
  own.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys, "plugin_opt_stamp_key_file " + stamp};
  own.start();
  std::vector<RawClient> clients;
  constexpr std::size_t count = 300;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string user = "u" + std::to_string(i / 40), id = user + ":d" + std::to_string(i);
    const Json claims = {{"sub", user}, {"exp", now_ms() / 1000 + 600}};
    clients.emplace_back(own.port());
    RawConnect connect = login(id, (i % 2 == 0 ? kept : removed).token(claims));
    connect.properties = raw::session_expiry(i % 3 == 0 ? 3600 : 0);
    ASSERT_EQ(clients.back().connect(connect), granted) << i;
    if (i % 5 == 4) clients.back().disconnect();  // some are away
  }
  write_file(keys, jwks({kept.jwk()}));
  own.process().signal(SIGHUP);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 5 == 4) continue;
    if (i % 2 == 0) {
      EXPECT_TRUE(clients[i].ping()) << i;
    } else {
      EXPECT_EQ(clients[i].ended(), administrative_action) << i;
    }
  }
  own.stop();
}

TEST_F(TokenEndAttacks, ExpiryFollowsTheClockThroughItsJumps) {
  if (!std::filesystem::exists(faketime)) GTEST_SKIP() << "without libfaketime";
  if (Broker::sanitized()) GTEST_SKIP() << "libfaketime and a sanitizer wait for each other";
  Broker own;
  const std::string offset = own.folder() / "clock";
  const auto set_clock = [&](const char* by) { write_file(offset, std::string(by) + "\n"); };
  set_clock("+0");
  own.options().preload = faketime;
  own.options().environment = {"FAKETIME_TIMESTAMP_FILE=" + offset, "FAKETIME_NO_CACHE=1",
                               "FAKETIME_DONT_FAKE_MONOTONIC=1"};
  own.start();
  const auto enter = [&](const std::string& id, std::int64_t ttl_s) {
    RawClient client(own.port());
    EXPECT_EQ(client.connect(login(id, Json({{"exp", now_ms() / 1000 + ttl_s}}).dump())), granted);
    return client;
  };
  RawClient brief = enter("brief:pc", 1800), lasting = enter("lasting:pc", 7200);

  set_clock("+3600");
  EXPECT_EQ(brief.ended(), administrative_action);
  EXPECT_TRUE(lasting.ping());

  set_clock("-86400");  // nobody's token has begun to end; one that counts from now on would last too long
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(lasting.ping());
  RawClient early(own.port());
  EXPECT_EQ(early.connect(login("early:pc", Json({{"exp", now_ms() / 1000 + 600}}).dump())), not_authorized);

  set_clock("+0");
  EXPECT_TRUE(enter("later:pc", 600).ping());
  EXPECT_TRUE(lasting.ping());
  own.stop();
}

}  // namespace
}  // namespace msync::test
