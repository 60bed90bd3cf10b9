// Passing for another author: forged stamps, wills, what a message says of its sender. A client with the role of the
// bridge sees what the bridge would see.

#include <algorithm>

#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

constexpr const char* write_one = R"({"mutations":[{"op":"put","id":"m1","data":{"text":"x"}}]})";

struct StampAttacks : Arena<StampAttacks> {
  // A room of its own for each test: retained and late messages of one do not meet the next.
  StampAttacks() {
    static int tests = 0;
    room = "r" + std::to_string(++tests);
    observer.subscribe("chat/" + room + "/messages/#");
  }

  RawClient eve(int level = 5) { return enters("eve:pc", rights(), level); }
  std::string rights() const { return R"({"rooms":[")" + room + "\"]}"; }
  std::string in() const { return "chat/" + room + "/messages/in"; }
  std::string live() const { return "chat/" + room + "/messages/live/eve:pc"; }

  const std::vector<RawMessage>& seen() {
    EXPECT_TRUE(observer.ping());
    return observer.messages();
  }

  // What the bridge must find: each stamp once, saying that eve sent it.
  static void expect_stamped(const RawMessage& message) {
    EXPECT_EQ(count(message.properties, raw::user_property("sync-user", "eve")), 1u);
    EXPECT_EQ(count(message.properties, raw::user_property("sync-client", "eve:pc")), 1u);
    for (const char* name : {"sync-user", "sync-client", "sync-at", "sync-mac"}) {
      EXPECT_EQ(count(message.properties, raw::text(name)), 1u) << name;
    }
  }

  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
    return found;
  }

  std::string room;
  RawClient observer = enters("mosquitto-sync:observer", R"({"roles":["bridge"]})");
};

TEST_F(StampAttacks, AForgedStampIsDeniedAndALookAlikeIsNone) {
  RawClient client = eve();
  for (const char* name : {"sync-user", "sync-client", "sync-at", "sync-mac", "sync-", "sync-anything"}) {
    const std::string forged = raw::user_property(name, "admin");
    EXPECT_EQ(client.publish({.topic = in(), .payload = write_one, .properties = forged}), not_authorized)
        << name;
    EXPECT_EQ(client.publish(
                  {.topic = in(), .payload = write_one, .properties = raw::user_property("a", "b") + forged}),
              not_authorized);
  }
  EXPECT_TRUE(seen().empty());
  for (const char* name : {"Sync-User", "SYNC-USER", "sync_user", " sync-user", "user", ""}) {
    EXPECT_EQ(client.publish(
                  {.topic = in(), .payload = write_one, .properties = raw::user_property(name, "admin")}),
              granted)
        << name;
  }
  ASSERT_EQ(seen().size(), 6u);
  for (const auto& message : observer.messages()) expect_stamped(message);
}

TEST_F(StampAttacks, TwentyThousandPropertiesAreDenied) {
  RawClient client = eve();
  std::string properties;
  for (int i = 0; i < 20'000; ++i) properties += raw::user_property("", "");
  EXPECT_EQ(client.publish({.topic = in(), .payload = write_one, .properties = properties}), not_authorized);
  EXPECT_EQ(client.publish({.topic = live(), .payload = "x", .properties = properties}), not_authorized);
  EXPECT_TRUE(seen().empty());
}

TEST_F(StampAttacks, AClientOfMqtt311IsStampedToo) {
  RawClient client = eve(4);
  EXPECT_EQ(client.publish({.topic = in(), .payload = write_one}), granted);
  ASSERT_EQ(seen().size(), 1u);
  expect_stamped(seen()[0]);
}

TEST_F(StampAttacks, ARepeatOfQos2IsOneMessageWithOneStamp) {
  RawClient client = eve();
  client.send_publish({.topic = in(), .payload = write_one, .qos = 2, .id = 77});
  ASSERT_TRUE(client.receive_type(5));
  client.send_publish({.topic = in(), .payload = write_one, .qos = 2, .dup = true, .id = 77});
  client.send(raw::packet(0x62, raw::u16(77)));
  ASSERT_TRUE(client.receive_type(7));
  ASSERT_EQ(seen().size(), 1u);
  expect_stamped(seen()[0]);
}

TEST_F(StampAttacks, AWillIsNoWriteAndNoRequest) {
  const std::string stamps =
      raw::user_property("sync-user", "admin") + raw::user_property("sync-client", "admin:x") +
      raw::user_property("sync-at", "1795230000000") + raw::user_property("sync-mac", std::string(64, 'a'));
  const std::string t = "chat/" + room + "/messages/";
  std::vector<RawWill> wills = {
      {.topic = in(), .payload = write_one, .properties = stamps},
      {.topic = in(), .payload = write_one, .qos = 2},
      {.topic = in(), .payload = write_one, .qos = 1, .retain = true},
      {.topic = in(), .payload = write_one, .qos = 1, .properties = raw::will_delay(1)},
      {.topic = in(), .payload = std::string(65'000, 'x'), .qos = 1},
      {.topic = t + "pull", .payload = R"({"rid":"1"})", .qos = 1},
      {.topic = t + "seen", .payload = "{}", .qos = 1},
      {.topic = t + "log", .payload = "{}", .qos = 1, .retain = true},
      {.topic = t + "doc/m1", .payload = "{}", .qos = 1, .retain = true},
      {.topic = t + "live/eve:other", .payload = "{}", .qos = 1},
      {.topic = live(), .payload = "{}", .qos = 1, .retain = true},
      {.topic = "sync/mosquitto-sync:observer/notice", .payload = "{}", .qos = 1},
      {.topic = "sync/status", .payload = "{}", .qos = 1, .retain = true}};
  for (const char* filter : {"sync/status", "sync/mosquitto-sync:observer/#"}) observer.subscribe(filter);
  for (const auto& will : wills) {
    RawConnect dying = login("eve:pc", rights());
    dying.will = will;
    knock(dying);             // leaves without a word, or was not let in
    RawClient again = eve();  // so its predecessor is gone
    EXPECT_TRUE(again.ping());
  }
  RawConnect honest = login("eve:pc", rights());
  honest.will = RawWill{.topic = live(), .payload = "gone", .qos = 1};
  knock(honest);
  ASSERT_TRUE(observer.message(live())) << "one's own goodbye arrives";
  EXPECT_EQ(seen().size(), 1u);
}

TEST_F(StampAttacks, AWillOnTakeoverIsNoWriteEither) {
  RawConnect first = login("eve:pc", rights());
  first.will = RawWill{.topic = in(), .payload = write_one, .qos = 1};
  RawClient old = enters(first);
  RawClient taking_over = eve();
  EXPECT_TRUE(taking_over.ping());
  // On takeover Mosquitto sends the will while its client still counts as connected. It carries no stamp then either.
  for (const auto& message : seen()) EXPECT_EQ(count(message.properties, "sync-"), 0u);
}

TEST_F(StampAttacks, WhatIsReadByPeopleHasNoStamp) {
  RawClient client = eve();
  EXPECT_EQ(client.publish({.topic = live(), .payload = "typing"}), granted);
  ASSERT_EQ(seen().size(), 1u);
  EXPECT_EQ(count(seen()[0].properties, "sync-"), 0u) << "a stamp is for the bridge: nobody can collect any";
}

}  // namespace
}  // namespace msync::test
