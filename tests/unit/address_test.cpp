#include "core/address.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

using Kind = Address::Kind;

std::string file_with_topic(std::string_view topic) {
  return R"({"type":"object","x-sync":{"topic":")" + std::string(topic) +
         R"(","access":[{"allow":["read"]}]}})";
}

const Collections& collections() {
  static const Collections::Loaded loaded = Collections::load({
      {"messages.json", file_with_topic("chat/{room}/messages")},
      {"todos.json", file_with_topic("users/{user}/todos")},
      {"cells.json", file_with_topic("t/{tenant}/{cell}")},
      {"news.json", file_with_topic("news")},
  });
  EXPECT_TRUE(loaded.problems.empty());
  return loaded.collections;
}

Address at(std::string_view topic) {
  return classify(collections(), topic);
}

TEST(Address, ALeafOfAScopeTellsItsCollectionScopeAndValues) {
  const Address log = at("chat/42/messages/log");
  ASSERT_EQ(log.kind, Kind::scope);
  EXPECT_EQ(log.collection, collections().find("messages"));
  EXPECT_EQ(log.leaf, Leaf::log);
  EXPECT_EQ(log.scope, "chat/42/messages");
  EXPECT_EQ(log.tail, "");
  ASSERT_EQ(log.variables().size(), 1U);
  EXPECT_EQ(log.variables()[0], "42");

  const Address cell = at("t/acme/7/seen");
  ASSERT_EQ(cell.kind, Kind::scope);
  ASSERT_EQ(cell.variables().size(), 2U);
  EXPECT_EQ(cell.variables()[0], "acme");
  EXPECT_EQ(cell.variables()[1], "7");

  const Address news = at("news/in");
  ASSERT_EQ(news.kind, Kind::scope);
  EXPECT_EQ(news.scope, "news");
  EXPECT_TRUE(news.variables().empty());
}

TEST(Address, EveryLeafHasItsName) {
  for (const Leaf leaf : {Leaf::in, Leaf::pull, Leaf::seen, Leaf::log}) {
    const Address address = at("chat/42/messages/" + std::string(to_string(leaf)));
    EXPECT_EQ(address.kind, Kind::scope) << to_string(leaf);
    EXPECT_EQ(address.leaf, leaf);
  }
  const std::string doc = "chat/42/messages/doc/m1";
  EXPECT_EQ(at(doc).leaf, Leaf::doc);
  EXPECT_EQ(at(doc).tail, "m1");
  EXPECT_EQ(at(doc).scope, "chat/42/messages");
  const std::string live = "chat/42/messages/live/alice:phone";
  EXPECT_EQ(at(live).leaf, Leaf::live);
  EXPECT_EQ(at(live).tail, "alice:phone");
}

TEST(Address, ViewsPointIntoTheTopicGiven) {
  const std::string topic = "sync/alice:phone/ack/chat/42/messages";
  const Address address = at(topic);
  EXPECT_EQ(address.client.data(), topic.data() + 5);
  EXPECT_EQ(address.scope.data(), topic.data() + 21);
  EXPECT_EQ(address.values[0].data(), topic.data() + 26);
}

TEST(Address, AShapeOfOursWithAnImpossibleValueIsNobodys) {
  const std::string long_level(129, 'x');
  for (const std::string& topic :
       {std::string("chat//messages/in"), std::string("chat/$x/messages/log"),
        std::string("chat/a\x01/messages/in"), "chat/" + long_level + "/messages/pull",
        std::string("chat/\xff/messages/in"), std::string("t/acme//log"), std::string("t//7/log"),
        std::string("chat/42/messages/doc/"), std::string("chat/42/messages/doc/$x"),
        "chat/42/messages/doc/" + long_level, std::string("chat//messages/doc/m1"),
        std::string("chat/42/messages/live/alice"), std::string("chat/42/messages/live/"),
        std::string("chat/42/messages/live/alice:ph one")}) {
    EXPECT_EQ(at(topic).kind, Kind::reserved) << topic;
    EXPECT_EQ(at(topic).collection, nullptr) << topic;
  }
}

TEST(Address, TheInboxAndTheStatus) {
  EXPECT_EQ(at("sync/status").kind, Kind::status);
  const Address notice = at("sync/alice:phone/notice");
  EXPECT_EQ(notice.kind, Kind::inbox_notice);
  EXPECT_EQ(notice.client, "alice:phone");
  EXPECT_EQ(at("sync/mosquitto-sync:bridge/probe").kind, Kind::inbox_probe);

  const Address ack = at("sync/a:b:phone/ack/t/acme/7");
  ASSERT_EQ(ack.kind, Kind::inbox_ack);
  EXPECT_EQ(ack.client, "a:b:phone");
  EXPECT_EQ(ack.scope, "t/acme/7");
  EXPECT_EQ(ack.collection, collections().find("cells"));
  EXPECT_EQ(ack.variables()[1], "7");
  EXPECT_EQ(at("sync/alice:phone/delta/news").kind, Kind::inbox_delta);
}

TEST(Address, ElseBelowSyncIsNobodys) {
  for (const char* topic : {"sync",
                            "sync/",
                            "sync/status/",
                            "sync/status/x",
                            "sync/x",
                            "sync/alice:phone",
                            "sync/alice/notice",
                            "sync/alice:phone/notice/x",
                            "sync/alice:phone/other",
                            "sync/alice:phone/ack",
                            "sync/alice:phone/ack/",
                            "sync/alice:phone/ack/nothing/of/ours",
                            "sync/alice:phone/ack/chat/42",
                            "sync/alice:phone/delta/chat//messages",
                            "sync/alice:phone/ack/chat/42/messages/log",
                            "sync//notice",
                            "sync/:phone/notice",
                            "sync/a:/notice",
                            "sync/alice:phone/in",
                            "sync/alice:phone/Ack/news"}) {
    EXPECT_EQ(at(topic).kind, Kind::reserved) << topic;
  }
  std::string deep = "sync/alice:phone/ack";
  for (int i = 0; i < 300; ++i) deep += "/a";
  EXPECT_EQ(at(deep).kind, Kind::reserved);
}

TEST(Address, TheRestIsTheBrokersOrOutside) {
  for (const char* topic : {"$SYS/broker/version", "$CONTROL/sync/v1/token", "$share/g/news/log", "$"}) {
    EXPECT_EQ(at(topic).kind, Kind::system) << topic;
  }
  for (const char* topic :
       {"", "/", "chat", "chat/42", "chat/42/messages", "chat/42/messages/", "chat/42/messages/other",
        "chat/42/messages/in/x", "chat/42/messages/doc", "chat/42/messages/doc/a/b", "chat/42/messages/live",
        "Chat/42/messages/in", "/chat/42/messages/in", "syncs/status", "Sync/status", "news", "newsx/in",
        "home/kitchen/temperature"}) {
    EXPECT_EQ(at(topic).kind, Kind::outside) << topic;
  }
  std::string deep = "chat/42/messages/doc";
  for (int i = 0; i < 300; ++i) deep += "/a";
  EXPECT_EQ(at(deep).kind, Kind::outside);
}

TEST(Address, AScopeAloneIsRecognised) {
  const Address scope = classify_scope(collections(), "users/u1/todos");
  ASSERT_EQ(scope.kind, Kind::scope);
  EXPECT_EQ(scope.collection, collections().find("todos"));
  EXPECT_EQ(scope.scope, "users/u1/todos");
  EXPECT_EQ(scope.variables()[0], "u1");
  for (const char* other :
       {"", "users/u1", "users/u1/todos/log", "users//todos", "users/$u/todos", "nothing"}) {
    EXPECT_EQ(classify_scope(collections(), other).kind, Kind::outside) << other;
  }
}

}  // namespace
}  // namespace msync
