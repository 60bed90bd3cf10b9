#include "cli/reader.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

constexpr const char* scope = "catalog/languages";

ServerStatus online(const std::string& epoch = "1-a") {
  return {true, epoch, 1, "0.1.0"};
}

Delta page(const std::string& rid, std::uint64_t from, std::uint64_t to, std::uint64_t head) {
  Delta delta;
  delta.rid = rid;
  delta.last = true;
  delta.epoch = "1-a";
  delta.scope = scope;
  delta.from = from;
  delta.to = to;
  delta.head = head;
  delta.reset = from == 0;
  delta.snap = delta.reset ? head : 0;
  return delta;
}

TEST(Reader, AsksOnlyWhenTheBridgeIsOnline) {
  Reader reader(scope, "x");
  EXPECT_FALSE(reader.due(0, 0));
  reader.on_status({});
  EXPECT_FALSE(reader.due(0, 0));
  reader.on_status(online());
  EXPECT_TRUE(reader.due(0, 0));
}

TEST(Reader, AsksOneAtATimeUntilItIsWhole) {
  Reader reader(scope, "x");
  reader.on_status(online());
  const auto first = reader.due(0, 0);
  ASSERT_TRUE(first);
  EXPECT_FALSE(reader.due(1, 0));
  reader.on_delta(page(first->rid, 0, 5, 9), 2);
  EXPECT_FALSE(reader.whole());
  const auto second = reader.due(3, 0);
  ASSERT_TRUE(second);
  EXPECT_NE(second->rid, first->rid);
  EXPECT_EQ(second->since, 5u);
  Delta rest = page(second->rid, 5, 9, 9);
  rest.snap = second->snap;
  reader.on_delta(rest, 4);
  EXPECT_TRUE(reader.whole());
  EXPECT_FALSE(reader.due(1'000'000, 0));
}

TEST(Reader, AsksAgainWithLongerAndLongerPausesWhenNobodyAnswers) {
  Reader reader(scope, "x");
  reader.on_status(online());
  std::int64_t now_ms = 0;
  std::int64_t last_pause_ms = 0;
  ASSERT_TRUE(reader.due(now_ms, 0));
  for (int i = 0; i < 8; ++i) {
    now_ms += 10'000;
    const std::int64_t asked_ms = now_ms;
    while (!reader.due(now_ms, 0.999)) now_ms += 100;
    EXPECT_GE(now_ms - asked_ms, last_pause_ms);
    last_pause_ms = now_ms - asked_ms;
  }
  EXPECT_GT(last_pause_ms, 50'000);
  EXPECT_LE(last_pause_ms, 60'000);
}

TEST(Reader, AsksAgainAtOnceOnANewConnection) {
  Reader reader(scope, "x");
  reader.on_status(online());
  ASSERT_TRUE(reader.due(0, 0));
  reader.connected();
  EXPECT_TRUE(reader.due(1, 0));
}

TEST(Reader, AsksWhenALiveDeltaTellsOfAGap) {
  Reader reader(scope, "x");
  reader.on_status(online());
  const auto first = reader.due(0, 0);
  reader.on_delta(page(first->rid, 0, 5, 5), 0);
  ASSERT_TRUE(reader.whole());
  Delta live = page("", 6, 7, 7);
  reader.on_delta(live, 1);
  EXPECT_FALSE(reader.whole());
  const auto again = reader.due(2, 0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->since, 5u);
}

TEST(Reader, AsksForTheRestWhenAPageGotLost) {
  Reader reader(scope, "x");
  reader.on_status(online());
  const auto first = reader.due(0, 0);
  Delta begin = page(first->rid, 0, 5, 9);
  begin.last = false;
  reader.on_delta(begin, 0);
  EXPECT_FALSE(reader.due(1, 0));
  Delta end = page(first->rid, 7, 9, 9);
  end.snap = 9;
  reader.on_delta(end, 1);
  const auto again = reader.due(2, 0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->since, 5u);
  EXPECT_EQ(again->snap, 9u);
}

TEST(Reader, AsksWhenTheServerHasAnotherEpoch) {
  Reader reader(scope, "x");
  reader.on_status(online());
  reader.on_delta(page(reader.due(0, 0)->rid, 0, 5, 5), 0);
  reader.on_status(online());
  EXPECT_FALSE(reader.due(1, 0));
  reader.on_status(online("2-b"));
  const auto again = reader.due(2, 0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->epoch, "1-a");
  EXPECT_EQ(again->since, 5u);
}

TEST(Reader, LooksAgainWhenAskedTo) {
  Reader reader(scope, "x");
  reader.on_status(online());
  reader.on_delta(page(reader.due(0, 0)->rid, 0, 5, 5), 0);
  reader.look_again();
  EXPECT_TRUE(reader.due(1, 0));
}

}  // namespace
}  // namespace msync
