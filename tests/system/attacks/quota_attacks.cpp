// Around the quotas: by reconnecting, by other ids, other addresses, another way to authenticate.

#include <filesystem>

#include "core/json.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

constexpr int most_filters = 20, most_ids = 5, free_failures = 3;

struct QuotaAttacks : Arena<QuotaAttacks> {
  static BrokerOptions options() {
    BrokerOptions options;
    options.plugin_options = {"plugin_opt_max_messages_per_s 1000000",
                              "plugin_opt_max_subscriptions_per_client " + std::to_string(most_filters),
                              "plugin_opt_max_sessions_per_user " + std::to_string(most_ids),
                              "plugin_opt_free_login_failures " + std::to_string(free_failures)};
    return options;
  }

  static std::string filter(int i) { return "chat/42/messages/doc/m" + std::to_string(i); }
  static RawConnect staying(const std::string& id) {
    RawConnect connect = login(id, R"({"rooms":["42"]})");
    connect.clean_start = false;
    connect.properties = raw::session_expiry(0xffffffff);
    return connect;
  }
  static RawConnect by_auth(const std::string& id, const std::string& token) {
    RawConnect connect = {.client_id = id, .properties = raw::auth_method("JWT") + raw::auth_data(token)};
    return connect;
  }
};

TEST_F(QuotaAttacks, SubscriptionsEndAtTheLimitAlsoByReconnecting) {
  RawClient eve = enters(staying("filters:pc"));
  for (int i = 0; i < most_filters; ++i) EXPECT_EQ(eve.subscribe(filter(i)), granted_qos1) << i;
  EXPECT_GE(eve.subscribe(filter(most_filters)), 0x80);
  EXPECT_EQ(eve.subscribe(filter(0)), granted_qos1) << "one it has may be renewed";
  eve.disconnect();
  RawClient back = enters(staying("filters:pc"));
  EXPECT_TRUE(back.session_present());
  EXPECT_GE(back.subscribe(filter(most_filters)), 0x80);
  RawClient taken_over = enters(staying("filters:pc"));
  EXPECT_GE(taken_over.subscribe(filter(most_filters)), 0x80);
  EXPECT_EQ(taken_over.unsubscribe(filter(0)), granted);
  EXPECT_EQ(taken_over.subscribe(filter(most_filters)), granted_qos1)
      << "for one given up there is a new one";
  RawConnect fresh = staying("filters:pc");
  fresh.clean_start = true;
  RawClient again = enters(fresh);
  EXPECT_EQ(again.subscribe(filter(99)), granted_qos1);
}

TEST_F(QuotaAttacks, SessionsOfAUserEndAtTheLimitAlsoWhenTheyAreLeft) {
  for (int i = 0; i < most_ids; ++i) enters(staying("many:d" + std::to_string(i))).disconnect();
  EXPECT_EQ(knock(staying("many:one-more")), not_authorized);
  EXPECT_EQ(knock(by_auth("many:one-more", Broker::token("many"))), not_authorized);
  EXPECT_EQ(knock(staying("many:d0")), granted);
  EXPECT_EQ(knock(staying("another:pc")), granted);
}

TEST_F(QuotaAttacks, AnAddressThatTriesSignaturesIsNotHeardForAWhile) {
  const std::string from = "127.9.9.9";
  const auto knock_from_there = [&](const RawConnect& connect) {
    return RawClient(broker().port(), from).connect(connect);
  };
  RawClient known(broker().port(), from);
  ASSERT_EQ(known.connect(login("known:pc")), granted);
  std::string forged = Broker::token("alice");
  forged.back() = forged.back() == 'A' ? 'E' : 'A';
  for (int i = 0; i < free_failures + 1; ++i)
    EXPECT_EQ(knock_from_there(login("alice:pc", forged)), not_authorized);
  EXPECT_EQ(knock_from_there(login("alice:pc")), not_authorized) << "unheard";
  EXPECT_EQ(knock_from_there(by_auth("alice:pc", Broker::token("alice"))), not_authorized) << "this way, too";
  EXPECT_EQ(knock(login("alice:pc")), granted) << "from elsewhere she comes in";
  EXPECT_EQ(knock_from_there(login("known:pc")), granted) << "and who is known there, too";
  EXPECT_TRUE(known.ended() != -1) << "taken over by that";
}

TEST_F(QuotaAttacks, AnAuthenticationExchangeTakesNoOthersId) {
  RawClient victim = enters("victim:pc");
  EXPECT_EQ(knock(by_auth("victim:pc", Broker::token("eve"))), not_authorized);
  RawConnect named = by_auth("eve:pc", Broker::token("eve"));
  named.username = "victim";
  EXPECT_EQ(knock(named), not_authorized);
  EXPECT_EQ(knock(by_auth("eve:pc", "no token")), not_authorized);
  EXPECT_EQ(knock(by_auth("eve:pc", "")), not_authorized);
  EXPECT_EQ(knock(by_auth("sensor", Broker::token("eve"))), not_authorized);
  EXPECT_EQ(knock(by_auth("", Broker::token("eve"))), not_authorized);
  using namespace std::string_literals;
  EXPECT_EQ(knock(by_auth("victim:pc", Broker::token("eve") + "\0"s + Broker::token("victim"))),
            not_authorized);
  EXPECT_TRUE(victim.ping());
}

TEST_F(QuotaAttacks, ARenewalMakesNobodyAnotherUserOrTheBridge) {
  const std::string bridge = Broker::token("mosquitto-sync", R"({"roles":["bridge"]})");
  for (const std::string& token :
       {Broker::token("victim"), bridge, std::string("no token"), std::string(),
        Broker::token("eve", R"({"exp":1000})"), Broker::token("eve", R"({"rooms":["+"]})")}) {
    RawClient eve = enters(by_auth("eve:pc", Broker::token("eve", R"({"rooms":["7"]})")));
    eve.send(raw::auth(0x19, raw::auth_method("JWT") + raw::auth_data(token)));
    EXPECT_NE(eve.ended(), -1) << token;

    RawClient by_topic = enters("eve:pc", R"({"rooms":["7"]})");
    by_topic.publish({.topic = "$CONTROL/sync/v1/token", .payload = token});
    EXPECT_EQ(by_topic.publish({.topic = "chat/42/messages/in", .payload = "{}"}), not_authorized);
    EXPECT_EQ(by_topic.publish({.topic = "chat/7/messages/in", .payload = "{}"}), no_subscribers)
        << "the old one counts";
    EXPECT_GE(by_topic.subscribe("$SYS/#"), 0x80);
  }
  RawClient own = enters("eve:pc");
  own.publish(
      {.topic = "$CONTROL/sync/v1/token", .payload = Broker::token("eve", R"({"roles":["bridge"]})")});
  EXPECT_GE(own.subscribe("$share/bridge/chat/+/messages/in"), 0x80) << "not by a renewal either";
}

TEST_F(QuotaAttacks, AuthPacketsThatBreakTheProtocolEndOnlyTheirConnection) {
  RawClient witness = enters("witness:pc");
  const std::string good = raw::auth_method("JWT") + raw::auth_data(Broker::token("eve"));
  for (const std::string& odd :
       {raw::packet(0xf0, ""), raw::auth(0x00, good), raw::auth(0x18, good), raw::auth(0x19, ""),
        raw::auth(0x19, raw::auth_method("SCRAM")), raw::auth(0x19, raw::auth_data("x")),
        raw::auth(0x19, good + good), raw::packet(0xf1, "\x19"), raw::auth(0x7f, good),
        raw::auth(0x19, raw::auth_method("JWT")) + raw::auth(0x18, good) + raw::auth(0x19, good)}) {
    RawClient eve = enters(by_auth("eve:pc", Broker::token("eve")));
    eve.send(odd);
    EXPECT_NE(eve.ended(), -1) << testing::PrintToString(odd);
    RawClient back = enters("eve:pc");  // the id is free again
    EXPECT_TRUE(back.ping());
  }
  EXPECT_TRUE(witness.ping());
}

TEST_F(QuotaAttacks, TokensOnTheirTopicAreNotReadByOthers) {
  RawClient spy = enters("mosquitto-sync:spy", R"({"roles":["bridge"]})");
  EXPECT_EQ(spy.subscribe("$CONTROL/#"), granted_qos1);
  EXPECT_EQ(spy.subscribe("#"), granted_qos1);
  RawClient eve = enters("eve:pc");
  EXPECT_EQ(eve.subscribe("sync/eve:pc/#"), granted_qos1);
  EXPECT_LT(eve.publish({.topic = "$CONTROL/sync/v1/token", .payload = Broker::token("eve")}), 0x80);
  EXPECT_NE(eve.publish({.topic = "$CONTROL/sync/v1/token", .payload = Broker::token("eve"), .retain = true}),
            granted);
  RawConnect dying = login("dying:pc");
  dying.will = RawWill{.topic = "$CONTROL/sync/v1/token", .payload = Broker::token("dying"), .qos = 1};
  knock(dying);
  EXPECT_TRUE(enters("dying:pc").ping());
  EXPECT_TRUE(spy.ping());
  EXPECT_TRUE(spy.messages().empty());
}

}  // namespace
}  // namespace msync::test
