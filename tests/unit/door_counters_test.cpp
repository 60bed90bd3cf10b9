// What the plugin tells the bridge of its work, and what becomes of it when the plugin begins anew.
#include "core/door_counters.h"

#include "door_world.h"

namespace msync {
namespace {

using Auth = DoorCounters::Auth;
using Denied = DoorCounters::Denied;
using Kicked = DoorCounters::Kicked;

DoorCounters some(std::int64_t start_ms, std::uint64_t accepted) {
  DoorCounters counters;
  counters.start_ms = start_ms;
  counters.connections = 3;
  counters.auth[0] = accepted;
  counters.denied[6] = 2;
  counters.kicked[5] = 1;
  return counters;
}

TEST(DoorCountersMessage, ComesBackAsItWasSent) {
  const auto read = decode_door_counters(encode(some(1795232472123, 7)));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, some(1795232472123, 7));
}

TEST(DoorCountersMessage, NamesOfAnotherVersionAreNoMistake) {
  const auto read = decode_door_counters(R"({"start_ms":5,"auth":{"accepted":1,"teleported":9},"news":{}})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->auth[0], 1U);
  EXPECT_EQ(read->kicked, (decltype(read->kicked){}));
}

TEST(DoorCountersMessage, AnythingElseIsRefused) {
  for (const char* payload : {"", "[]", "{}", R"({"start_ms":-1})", R"({"start_ms":1,"auth":[]})",
                              R"({"start_ms":1,"auth":{"accepted":"many"}})"}) {
    EXPECT_FALSE(decode_door_counters(payload).ok()) << payload;
  }
}

TEST(DoorCountersMessage, WhatHasRisenIsTheDifference) {
  EXPECT_EQ(risen(some(1, 5), some(1, 7)).auth[0], 2U);
  EXPECT_EQ(risen(some(1, 5), some(1, 7)).denied[6], 0U);
}

TEST(DoorCountersMessage, APluginThatBeganAnewCountsFromNothing) {
  EXPECT_EQ(risen(some(1, 5), some(2, 7)).auth[0], 7U);
  EXPECT_EQ(risen(some(1, 5), some(1, 4)).auth[0], 4U) << "also with the same clock";
}

class CountingDoor : public DoorWorld {
 protected:
  /// What the bridge is told next.
  DoorCounters told() {
    now_ms += limits::door_counters_ms;
    door.tick(now_ms);
    EXPECT_FALSE(broker.told.empty());
    if (broker.told.empty()) return {};
    EXPECT_EQ(broker.told.back().first, door_topic::counters);
    return *decode_door_counters(to_text(broker.told.back().second));
  }
  std::uint64_t count(Auth what) { return told().auth.at(static_cast<std::size_t>(what)); }
  std::uint64_t count(Denied what) { return told().denied.at(static_cast<std::size_t>(what)); }
  std::uint64_t count(Kicked what) { return told().kicked.at(static_cast<std::size_t>(what)); }
};

TEST_F(CountingDoor, TellsAtIntervals) {
  const std::size_t before = broker.told.size();
  told();
  EXPECT_EQ(broker.told.size(), before + 1);
  now_ms += limits::door_counters_ms - 1;
  door.tick(now_ms);
  EXPECT_EQ(broker.told.size(), before + 1);
  EXPECT_EQ(told().start_ms, told().start_ms);
}

TEST_F(CountingDoor, WhoComesIn) {
  enter("alice:phone");
  EXPECT_EQ(door.connect(client("bob:phone"), "ey.not.right", now_ms), Door::Entry::refuse);
  EXPECT_EQ(door.connect(client("bob:phone"), token("alice"), now_ms), Door::Entry::refuse);
  EXPECT_EQ(door.connect(client("sensor"), std::nullopt, now_ms), Door::Entry::defer);
  EXPECT_EQ(count(Auth::accepted), 1U);
  EXPECT_EQ(count(Auth::bad_token), 2U);
  EXPECT_EQ(count(Auth::deferred), 1U);
  EXPECT_EQ(told().connections, 1U);
}

TEST_F(CountingDoor, WhatIsRefused) {
  const Client eve = enter("eve:pc", room_42);
  EXPECT_EQ(publish(eve, "chat/7/messages/in"), Verdict::deny);
  EXPECT_EQ(publish(eve, "chat/42/messages/in", false, options().max_payload_bytes + 1), Verdict::deny);
  EXPECT_EQ(subscribe(eve, "sync/bob:phone/#"), Verdict::deny);
  EXPECT_EQ(deliver(eve, "chat/7/messages/log"), Verdict::deny);
  EXPECT_FALSE(message(eve, "chat/42/messages/in", {.count = 1, .forged = true}).allowed);
  EXPECT_EQ(publish(client("stranger"), "chat/42/messages/in"), Verdict::deny);
  const DoorCounters counters = told();
  for (const Denied what : {Denied::publish, Denied::too_large, Denied::subscribe, Denied::delivery,
                            Denied::properties, Denied::no_token}) {
    EXPECT_EQ(counters.denied.at(static_cast<std::size_t>(what)), 1U)
        << DoorCounters::denied_names.at(static_cast<std::size_t>(what));
  }
}

TEST_F(CountingDoor, AQuickRefusalOfADeliveryCountsLikeTheFirst) {
  const Client eve = enter("eve:pc", room_42);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(deliver(eve, "chat/7/messages/log"), Verdict::deny);
  EXPECT_EQ(count(Denied::delivery), 3U);
}

TEST_F(CountingDoor, WhoIsDisconnected) {
  enter(client("alice:phone"), Json::object(), 5);
  now_ms += 60'000;
  EXPECT_EQ(count(Kicked::ended), 1U);
}

TEST_F(CountingDoor, WhoRenews) {
  const Client alice = enter("alice:phone");
  EXPECT_EQ(door.authenticate(alice, "JWT", token("alice"), now_ms), Door::Entry::accept);
  EXPECT_EQ(door.authenticate(alice, "JWT", "no token", now_ms), Door::Entry::unwind);
  EXPECT_EQ(count(Auth::renewed), 1U);
  EXPECT_EQ(count(Auth::not_renewed), 1U);
  EXPECT_EQ(count(Kicked::renewal), 1U);
}

}  // namespace
}  // namespace msync
