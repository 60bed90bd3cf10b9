// A connection and its token: AUTH, a new token while connected, a revoked one.

#include "core/door_message.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

constexpr int auth_packet = 15, renewed = 0, go_on = 0x18, reauthenticate = 0x19, kicked = 0x98,
              bad_method = 0x8c;

std::string claims_for(std::initializer_list<std::string> rooms, int ttl_s = 3600) {
  return to_text({{"rooms", Json(rooms)}, {"exp", now_ms() / 1000 + ttl_s}});
}

struct Renewal : Arena<Renewal> {
  static BrokerOptions options() {
    BrokerOptions options;
    options.plugin_options.emplace_back("plugin_opt_leeway_s 0");
    options.lines = {"max_inflight_messages 1"};
    return options;
  }

  static std::string jwt(const std::string& token) { return raw::auth_method("JWT") + raw::auth_data(token); }

  /// By AUTH, without user name and password.
  static RawConnect by_auth(const std::string& client_id, const std::string& claims) {
    return {.client_id = client_id, .properties = jwt(token_of(client_id, claims))};
  }
  static std::string token_of(const std::string& client_id, const std::string& claims) {
    return Broker::token(client_id.substr(0, client_id.rfind(':')), claims);
  }
  static RawClient the_bridge() { return enters("mosquitto-sync:bridge", R"({"roles":["bridge"]})"); }

  /// The reason in the broker's answer to a renewal; -1 without one.
  static int renews(RawClient& client, const std::string& token) {
    client.send(raw::auth(reauthenticate, jwt(token)));
    const auto answer = client.receive_type(auth_packet);
    if (!answer) return -1;
    return answer->body.empty() ? 0 : static_cast<unsigned char>(answer->body[0]);
  }

  static Json notice(RawClient& client, const std::string& client_id) {
    const RawMessage* message = client.message("sync/" + client_id + "/notice");
    return message ? Json::parse(message->payload) : Json::object();
  }
};

TEST_F(Renewal, AClientIsLetInByAuth) {
  RawClient alice = enters(by_auth("alice:auth", claims_for({"42"})));
  EXPECT_EQ(alice.subscribe("chat/42/messages/log"), granted_qos1);
  RawClient bridge = the_bridge();
  bridge.publish({.topic = "chat/42/messages/log", .payload = "live"});
  EXPECT_NE(alice.message("chat/42/messages/log"), nullptr);
  EXPECT_EQ(alice.publish({.topic = "chat/43/messages/in", .payload = "{}"}), not_authorized);
}

TEST_F(Renewal, AnotherMethodAndABadTokenAreRefused) {
  EXPECT_EQ(knock({.client_id = "alice:x", .properties = raw::auth_method("PLAIN") + raw::auth_data("a")}),
            bad_method);
  EXPECT_EQ(knock({.client_id = "alice:x", .properties = jwt("nonsense")}), not_authorized);
  EXPECT_EQ(knock({.client_id = "alice:x", .properties = raw::auth_method("JWT")}), not_authorized);
  EXPECT_EQ(knock({.client_id = "alice:x", .properties = jwt(Broker::token("bob"))}), not_authorized);
}

TEST_F(Renewal, ByAuthAConnectionOutlivesItsFirstToken) {
  RawClient alice = enters(by_auth("alice:long", claims_for({"42"}, 2)));
  EXPECT_EQ(renews(alice, token_of("alice:long", claims_for({"42"}))), renewed);
  RawClient witness =
      enters("bob:short", claims_for({"42"}, 2));  // its end shows that the first token's has come
  EXPECT_EQ(witness.ended(), kicked);
  EXPECT_TRUE(alice.ping());
  EXPECT_EQ(alice.subscribe("chat/42/messages/log"), granted_qos1);
}

TEST_F(Renewal, ByTheTopicToo) {
  RawClient alice = enters("alice:old", claims_for({"42"}, 2), 4);
  EXPECT_EQ(alice.subscribe("sync/alice:old/#"), granted_qos1);
  alice.publish(
      {.topic = "$CONTROL/sync/v1/token", .payload = token_of("alice:old", claims_for({"42"}, 900))});
  const Json answer = notice(alice, "alice:old");
  EXPECT_EQ(answer.value("code", ""), "token");
  EXPECT_GT(answer.value("expires_in_s", 0), 800);
  RawClient witness = enters("bob:short2", claims_for({"42"}, 2));
  EXPECT_EQ(witness.ended(), kicked);
  EXPECT_TRUE(alice.ping());
}

TEST_F(Renewal, ABadTokenByTheTopicChangesNothing) {
  RawClient alice = enters("alice:same");
  EXPECT_EQ(alice.subscribe("sync/alice:same/#"), granted_qos1);
  alice.publish({.topic = "$CONTROL/sync/v1/token",
                 .payload = Broker::token("mosquitto-sync", R"({"roles":["bridge"]})")});
  EXPECT_EQ(notice(alice, "alice:same").value("code", ""), "denied");
  EXPECT_EQ(alice.publish({.topic = "chat/42/messages/in", .payload = "{}"}), no_subscribers);
  EXPECT_EQ(alice.publish({.topic = "chat/42/messages/log", .payload = "{}"}), not_authorized);
}

TEST_F(Renewal, ABadTokenByAuthEndsTheConnectionByTheRules) {
  RawClient alice = enters(by_auth("alice:bad", claims_for({"42"})));
  EXPECT_EQ(renews(alice, Broker::token("bob")), go_on);
  EXPECT_EQ(alice.ended(), kicked);
}

TEST_F(Renewal, AnEmptyAuthEndsTheConnectionAndNothingElse) {
  RawClient alice = enters(by_auth("alice:empty", claims_for({"42"})));
  alice.send(raw::packet(0xf0, ""));
  EXPECT_NE(alice.ended(), -1);
  RawClient again = enters(by_auth("alice:empty", claims_for({"42"})));
  again.send(raw::packet(0xf0, "") + raw::packet(0xf0, ""));
  EXPECT_NE(again.ended(), -1);
  RawClient witness = enters("alice:empty");
  EXPECT_TRUE(witness.ping());
}

TEST_F(Renewal, WhatTheNewTokenLacksIsToldAndNotDeliveredFromTheQueue) {
  RawConnect connect = by_auth("alice:queue", claims_for({"42", "43"}));
  connect.clean_start = false;
  connect.properties += raw::session_expiry(3600);
  RawClient alice = enters(connect);
  for (const char* filter : {"sync/alice:queue/#", "chat/42/messages/log", "chat/43/messages/log"}) {
    EXPECT_EQ(alice.subscribe(filter), granted_qos1);
  }
  RawClient bridge = the_bridge();
  // One is under way, the others are queued: max_inflight_messages is 1, and she does not read.
  for (int i = 0; i < 5; ++i) bridge.publish({.topic = "chat/42/messages/log", .payload = "secret"});
  bridge.publish({.topic = "chat/43/messages/log", .payload = "open"});
  alice.send(raw::auth(reauthenticate, jwt(token_of("alice:queue", claims_for({"43"})))));
  EXPECT_EQ(alice.ended(), kicked);
  const auto of_42 = [](const RawMessage& message) { return message.topic == "chat/42/messages/log"; };
  const auto before = std::count_if(alice.messages().begin(), alice.messages().end(), of_42);
  EXPECT_LE(before, 2) << "what was under way";

  connect.properties = jwt(token_of("alice:queue", claims_for({"43"}))) + raw::session_expiry(3600);
  // The first time the broker throws away what she may not have, and miscounts what is under way.
  EXPECT_EQ(enters(connect).ended(), kicked);
  RawClient returned = enters(connect);
  EXPECT_TRUE(returned.session_present());
  EXPECT_NE(returned.message("chat/43/messages/log"), nullptr);
  const Json told = notice(returned, "alice:queue");
  EXPECT_EQ(told.value("code", ""), "revoked");
  EXPECT_EQ(told.value("scope", ""), "chat/42/messages");
  EXPECT_TRUE(returned.ping());
  EXPECT_EQ(std::count_if(returned.messages().begin(), returned.messages().end(), of_42), 0);
}

// What the bridge does on `mosquitto-sync revoke`.
void revoke(RawClient bridge, const Revocation& revocation) {
  bridge.publish({.topic = std::string(door_topic::revoked),
                  .payload = encode(std::vector{revocation}),
                  .retain = true});
}

TEST_F(Renewal, ARevokedUserIsOutAtOnceAndOthersStay) {
  RawClient eve = enters("eve:pc");
  RawClient alice = enters("alice:pc");
  revoke(the_bridge(), {"eve", "", now_ms() / 1000, now_ms() / 1000 + 3600});
  EXPECT_EQ(eve.ended(), kicked);
  EXPECT_EQ(knock(login("eve:pc")), not_authorized);
  EXPECT_EQ(knock(by_auth("eve:other", claims_for({"42"}))), not_authorized);
  EXPECT_TRUE(alice.ping());
}

TEST(Revocation, SurvivesARestartOfTheBrokerWithoutTheBridge) {
  Broker broker;
  const std::string file = broker.folder() / "revoked.json";
  broker.options().plugin_options.push_back("plugin_opt_revoked_file " + file);
  broker.start();
  {
    RawClient bridge(broker.port());
    ASSERT_EQ(bridge.connect(login("mosquitto-sync:bridge", R"({"roles":["bridge"]})")), granted);
    revoke(std::move(bridge), {"", "stolen", now_ms() / 1000, now_ms() / 1000 + 3600});
  }
  EXPECT_EQ(RawClient(broker.port()).connect(login("eve:pc", R"({"jti":"stolen"})")), not_authorized);
  broker.kill();
  broker.start();
  EXPECT_EQ(RawClient(broker.port()).connect(login("eve:pc", R"({"jti":"stolen"})")), not_authorized);
  EXPECT_EQ(RawClient(broker.port()).connect(login("eve:pc", R"({"jti":"good"})")), granted);
  broker.stop();
  write_file(file, "not what the plugin wrote");
  EXPECT_NE(broker.start_and_fail(), 0);
  EXPECT_NE(broker.log().find("plugin_opt_revoked_file"), std::string::npos);
}

}  // namespace
}  // namespace msync::test
