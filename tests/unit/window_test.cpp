#include "mqtt/window.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace msync {
namespace {

TEST(Window, IsClosedUntilItIsOpened) {
  Window window;
  EXPECT_EQ(window.enter({}), 0u);
  window.open(1);
  EXPECT_NE(window.enter({}), 0u);
}

TEST(Window, LetsNobodyInWhileItIsFull) {
  Window window;
  window.open(2);
  const auto first = window.enter({});
  window.enter({});
  std::atomic<bool> entered = false;
  std::thread third([&] {
    window.enter([](Published) {});
    entered = true;
  });
  EXPECT_FALSE(window.drain(20));
  EXPECT_FALSE(entered);
  window.settle(first, {true, 0});
  third.join();
  EXPECT_TRUE(entered);
}

TEST(Window, LetsNobodyInWhileItHoldsTooManyBytes) {
  Window window;
  window.open(10);
  const auto first = window.enter({}, limits::publish_window_bytes + 1);  // alone
  ASSERT_NE(first, 0u);
  std::atomic<bool> entered = false;
  std::thread second([&] {
    window.enter([](Published) {}, 1);
    entered = true;
  });
  EXPECT_FALSE(window.drain(20));
  EXPECT_FALSE(entered);
  window.settle(first, {true, 0});
  second.join();
  EXPECT_TRUE(entered);
}

TEST(Window, CallsEachDoneOnceWithTheAnswer) {
  Window window;
  window.open(10);
  std::vector<int> reasons;
  const auto id = window.enter([&](Published outcome) { reasons.push_back(outcome.reason); });
  window.settle(id, {false, 0x87});
  window.settle(id, {true, 0});
  window.close();
  EXPECT_EQ(reasons, std::vector<int>{0x87});
}

TEST(Window, EndsWhatIsOutstandingWhenTheConnectionIsGone) {
  Window window;
  window.open(10);
  int broken = 0;
  const auto done = [&](Published outcome) { broken += outcome.ok ? 0 : 1; };
  window.enter(done);
  const auto second = window.enter(done);
  window.close();
  EXPECT_EQ(broken, 2);
  EXPECT_FALSE(window.holds(second));
  EXPECT_FALSE(window.leave(second));
  EXPECT_TRUE(window.drain(0));
  EXPECT_FALSE(window.oldest().has_value());
}

TEST(Window, WakesWhoWaitsForAPlaceWhenTheConnectionIsGone) {
  Window window;
  window.open(1);
  window.enter({});
  std::uint64_t second = 1;
  std::thread waiting([&] { second = window.enter({}); });
  window.close();
  waiting.join();
  EXPECT_EQ(second, 0u);
}

TEST(Window, IgnoresAnswersOfAnEarlierConnection) {
  Window window;
  window.open(1);
  const auto old = window.enter({});
  window.close();
  window.open(1);
  int called = 0;
  window.enter([&](Published) { ++called; });
  window.settle(old, {true, 0});
  EXPECT_EQ(called, 0);
}

TEST(Window, IsDrainedOnlyWhenEveryDoneHasReturned) {
  Window window;
  window.open(1);
  bool drained_inside = true;
  const auto id = window.enter([&](Published) { drained_inside = window.drain(0); });
  window.settle(id, {true, 0});
  EXPECT_FALSE(drained_inside);
  EXPECT_TRUE(window.drain(0));
}

TEST(Window, GivesAPlaceBackWithoutCallingDone) {
  Window window;
  window.open(1);
  int called = 0;
  const auto id = window.enter([&](Published) { ++called; });
  EXPECT_TRUE(window.leave(id));
  EXPECT_NE(window.enter({}), 0u);
  window.close();
  EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace msync
