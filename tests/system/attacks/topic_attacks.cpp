// Subscriptions, publishes and deliveries beyond one's grants. The judgement itself is proven by
// tests/unit/door_access_test.cpp; here are the ways around it that a broker offers.

#include <algorithm>

#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct TopicAttacks : Arena<TopicAttacks> {
  static RawClient bridge_client(const std::string& device = "x") {
    return enters("mosquitto-sync:" + device, R"({"roles":["bridge"]})");
  }
  static RawClient eve(const std::string& device = "pc") {
    return enters("eve:" + device, R"({"rooms":["7"]})");
  }
  static std::vector<std::string> topics_of(RawClient& client) {
    EXPECT_TRUE(client.ping());
    std::vector<std::string> topics;
    for (const auto& message : client.messages()) topics.push_back(message.topic);
    std::sort(topics.begin(), topics.end());
    return topics;
  }
};

const std::vector<std::string> foreign_filters = {
    "chat/42/messages/log",       "chat/42/#",        "chat/42/messages/+",
    "chat/42/messages/#",         "chat/7x/#",        "chat/7/messages/in",
    "chat/+/messages/in",

    "users/alice/todos/log",      "users/alice/#",    "users/eve2/#",
    "sync/alice:phone/#",         "sync/eve:other/#", "sync/mosquitto-sync:bridge/#",
    "sync/mosquitto-sync:x/probe"};

TEST_F(TopicAttacks, AFilterOfOthersIsDenied) {
  RawClient client = eve();
  for (const auto& filter : foreign_filters) EXPECT_EQ(client.subscribe(filter), not_authorized) << filter;
  EXPECT_EQ(client.subscribe("chat/7/messages/log"), granted_qos1);
}

TEST_F(TopicAttacks, AWideFilterBringsOnlyWhatIsReadable) {
  std::vector<RawClient> spies;
  for (const char* filter :
       {"#", "+/#", "+/+/+/+", "chat/#", "chat/+/messages/#", "sync/#", "+/+/+/+/+/+/+"}) {
    spies.push_back(eve("spy" + std::to_string(spies.size())));
    EXPECT_EQ(spies.back().subscribe(filter), granted_qos1) << filter;
  }
  RawClient server = bridge_client();
  for (const char* topic :
       {"chat/42/messages/log", "chat/42/messages/doc/m1", "chat/7x/messages/log", "users/alice/todos/log",
        "sync/alice:phone/ack/chat/42/messages", "sync/alice:phone/notice",
        "sync/eve:other/delta/chat/7/messages", "chat/7/messages/log"}) {
    server.publish({.topic = topic, .payload = "x"});
  }
  RawClient alice = enters("alice:phone");
  alice.publish({.topic = "chat/42/messages/in", .payload = "{}"});
  alice.publish({.topic = "chat/42/messages/live/alice:phone", .payload = "typing"});
  for (auto& spy : spies) {
    for (const auto& topic : topics_of(spy)) EXPECT_EQ(topic, "chat/7/messages/log");
  }
  EXPECT_EQ(spies[0].messages().size(), 1u) << "and what is readable comes";
}

TEST_F(TopicAttacks, ReadersWithoutTheRightDoNotStopTheDeliveryToOthers) {
  std::vector<RawClient> readers;
  for (int i = 0; i < 9; ++i) {
    const bool may = i % 3 != 1;
    readers.push_back(enters("r" + std::to_string(i) + ":pc", may ? R"({"rooms":["42"]})" : "{}"));
    EXPECT_EQ(readers.back().subscribe("#"), granted_qos1);
  }
  RawClient server = bridge_client();
  EXPECT_EQ(server.publish({.topic = "chat/42/messages/log", .payload = "x"}), granted);
  for (std::size_t i = 0; i < readers.size(); ++i) {
    EXPECT_EQ(topics_of(readers[i]).size(), i % 3 != 1 ? 1u : 0u) << i;
  }
}

TEST_F(TopicAttacks, ASharedSubscriptionIsTheBridgesAlone) {
  RawClient client = eve();
  std::vector<std::string> filters = {"chat/7/messages/log", "#", "sync/eve:pc/#", "sync/status"};
  filters.insert(filters.end(), foreign_filters.begin(), foreign_filters.end());
  for (const auto& filter : filters) {
    EXPECT_NE(client.subscribe("$share/bridge/" + filter), granted_qos1) << filter;
  }
  // Not even shapes that Mosquitto takes for something else.
  for (const char* odd :
       {"$share/g", "$share//x", "$share//chat/42/messages/log", "$share/g/$share/h/chat/42/messages/log",
        "$SHARE/g/chat/42/messages/log", "$share/g/$SYS/#", "$share/+/chat/42/messages/log"}) {
    RawClient fresh = eve("odd");
    EXPECT_NE(fresh.subscribe(odd), granted_qos1) << odd;
  }
}

TEST_F(TopicAttacks, NobodyJoinsTheBridgesGroupToSwallowItsInput) {
  RawClient bridge = bridge_client("worker");
  EXPECT_EQ(bridge.subscribe("$share/bridge/chat/+/messages/in"), granted_qos1);
  RawClient thief = enters("alice:thief");
  EXPECT_EQ(thief.subscribe("$share/bridge/chat/+/messages/in"), not_authorized);
  RawClient alice = enters("alice:phone");
  for (int i = 0; i < 10; ++i) alice.publish({.topic = "chat/42/messages/in", .payload = "{}"});
  EXPECT_EQ(topics_of(bridge).size(), 10u);
  EXPECT_TRUE(topics_of(thief).empty());
}

TEST_F(TopicAttacks, TheBrokersOwnTopicsAreClosed) {
  RawClient client = eve();
  for (const char* filter : {"$SYS/#", "$SYS/broker/clients/connected", "$SYS/+/+/+", "$CONTROL/#",
                             "$CONTROL/dynamic-security/v1/response", "$CONTROL/+/+/#"}) {
    EXPECT_EQ(client.subscribe(filter), not_authorized) << filter;
  }
  for (const char* topic :
       {"$SYS/broker/connection/x/state", "$CONTROL/dynamic-security/v1", "$CONTROL/sync/v1/other"}) {
    EXPECT_EQ(client.publish({.topic = topic, .payload = R"({"commands":[{"command":"createClient"}]})"}),
              not_authorized)
        << topic;
  }
  RawConnect dying = login("eve:dying");
  dying.will = RawWill{.topic = "$CONTROL/dynamic-security/v1", .payload = "{}", .qos = 1};
  RawClient bridge = bridge_client();
  EXPECT_EQ(bridge.subscribe("$CONTROL/#"), granted_qos1);
  knock(dying);  // leaves without a word
  RawClient again = eve("dying");
  EXPECT_TRUE(again.ping());
  EXPECT_TRUE(topics_of(bridge).empty());
}

TEST_F(TopicAttacks, AnAliasLeadsNowhereThatItsTopicDoesNot) {
  RawClient server = bridge_client();
  EXPECT_EQ(server.subscribe("chat/+/messages/in"), granted_qos1);
  const std::string alias = raw::topic_alias(1);
  RawClient client = eve();
  EXPECT_EQ(client.publish({.topic = "chat/42/messages/in", .payload = "{}", .properties = alias}),
            not_authorized);
  EXPECT_EQ(client.publish({.payload = "{}", .properties = alias}), not_authorized)
      << "the alias of a denied topic";
  EXPECT_EQ(client.publish({.topic = "chat/7/messages/in", .payload = "{}", .properties = alias}), granted);
  EXPECT_EQ(client.publish({.payload = "{}", .properties = alias}), granted);
  EXPECT_EQ(topics_of(server), std::vector<std::string>(2, "chat/7/messages/in"));

  RawClient back = eve();  // a new connection has no aliases
  EXPECT_TRUE(back.publish({.payload = "{}", .properties = alias}) == -1 && back.ended() >= 0x80);
  for (const unsigned wrong : {0u, 11u, 65'535u}) {
    RawClient odd = eve();
    EXPECT_TRUE(
        odd.publish(
            {.topic = "chat/7/messages/in", .payload = "{}", .properties = raw::topic_alias(wrong)}) == -1 &&
        odd.ended() >= 0x80)
        << wrong;
  }
}

TEST_F(TopicAttacks, TheServersAnswersCannotBeForged) {
  RawClient alice = enters("alice:phone");
  for (const char* filter : {"sync/alice:phone/#", "sync/status", "chat/42/messages/#"})
    EXPECT_EQ(alice.subscribe(filter), granted_qos1);
  RawClient liar = enters("alice:liar");  // of the same user, even
  for (const char* topic :
       {"chat/42/messages/log", "chat/42/messages/doc/m1", "chat/42/messages/live/alice:phone",
        "chat/42/messages/live", "sync/alice:phone/ack/chat/42/messages",
        "sync/alice:phone/delta/chat/42/messages", "sync/alice:phone/notice",
        "sync/alice:liar/ack/chat/42/messages", "sync/status", "sync/door/revoke", "sync/door/revoked",
        "sync/door/members", "sync/door/keys", "sync/door/counters"}) {
    for (const int qos : {0, 1, 2}) {
      for (const bool retain : {false, true}) {
        const int reason = liar.publish({.topic = topic, .payload = "{}", .qos = qos, .retain = retain});
        EXPECT_EQ(reason, qos == 0 ? 0 : not_authorized) << topic;
      }
    }
  }
  EXPECT_TRUE(topics_of(alice).empty());
}

TEST_F(TopicAttacks, InMqtt311ADenialIsSilentAndADenialAllTheSame) {
  RawClient server = bridge_client();
  EXPECT_EQ(server.subscribe("chat/+/messages/in"), granted_qos1);
  RawClient old = enters("eve:old", R"({"rooms":["7"]})", 4);
  EXPECT_EQ(old.subscribe("chat/42/messages/log"), 0x80);
  EXPECT_EQ(old.publish({.topic = "chat/42/messages/in", .payload = "{}"}), granted) << "the broker's doing";
  EXPECT_EQ(old.publish({.topic = "chat/7/messages/in", .payload = "{}"}), granted);
  EXPECT_EQ(topics_of(server), std::vector<std::string>{"chat/7/messages/in"});
}

TEST_F(TopicAttacks, EverybodyMayUnsubscribeFromAnything) {
  RawClient client = eve();
  EXPECT_EQ(client.subscribe("chat/7/messages/log"), granted_qos1);
  EXPECT_EQ(client.unsubscribe("chat/7/messages/log"), granted);
  for (const char* filter : {"chat/42/#", "$SYS/#", "#", "$share/bridge/chat/+/messages/in"}) {
    EXPECT_EQ(client.unsubscribe(filter), 0x11) << filter << " had no subscription";
  }
}

TEST_F(TopicAttacks, RetainedOrDelayedNothingOfOthersComesWithANewSubscription) {
  RawClient server = bridge_client();
  EXPECT_LT(server.publish({.topic = "chat/42/messages/log", .payload = "secret head", .retain = true}),
            0x80);
  RawClient client = eve();
  EXPECT_EQ(client.subscribe("#"), granted_qos1);
  EXPECT_EQ(client.subscribe("chat/+/messages/log"), granted_qos1);
  EXPECT_TRUE(topics_of(client).empty());
  RawClient alice = enters("alice:phone");
  EXPECT_EQ(alice.subscribe("chat/42/messages/log"), granted_qos1);
  EXPECT_EQ(topics_of(alice).size(), 1u);
  EXPECT_LT(server.publish({.topic = "chat/42/messages/log", .retain = true}), 0x80);  // for the other tests
}

}  // namespace
}  // namespace msync::test
