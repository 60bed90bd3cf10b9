// Whose turn it is, and when: order, pauses, a receiver that is away, a delta that is refused for ever.
#include "bridge/webhooks/backlog.h"

#include <gtest/gtest.h>

#include "core/limits.h"

namespace msync {
namespace {

constexpr double no_luck = 0.999;  // the longest of each pause

struct BacklogTest : testing::Test {
  /// The next work, begun and cut up to `to`; {0} if there is none.
  Backlog::Work begin(std::uint64_t to = 0, bool all = true) {
    const auto work = backlog.next(now_ms);
    if (!work) return {};
    backlog.cut(work->scope, to != 0 ? to : work->to.value_or(100), all);
    return *work;
  }
  void fail(std::int64_t scope, std::int64_t asked_ms = 0) {
    backlog.failed(scope, now_ms, asked_ms, no_luck);
  }
  /// Fails what is next, whenever that is; how long that took.
  std::int64_t fail_next() {
    const std::int64_t before_ms = now_ms;
    now_ms = *backlog.next_at_ms();
    fail(begin().scope);
    return now_ms - before_ms;
  }

  Backlog backlog{0, 4};
  std::int64_t now_ms = 1'000'000;
};

TEST_F(BacklogTest, AScopeGoesOnFromWhatWasDeliveredOneAtATime) {
  backlog.touch(1, 10, 12, now_ms);
  EXPECT_EQ(begin(12).from, 10U);
  backlog.touch(1, 12, 15, now_ms);
  EXPECT_EQ(begin().scope, 0) << "the one before is under way";
  backlog.delivered(1, 12, now_ms);
  const auto work = begin(15);
  EXPECT_EQ(work.from, 12U);
  EXPECT_FALSE(work.to);
  backlog.delivered(1, 15, now_ms);
  EXPECT_EQ(backlog.scopes(), 0U);
}

TEST_F(BacklogTest, WhatFailedIsSentAgainAsItWas) {
  backlog.touch(1, 0, 5, now_ms);
  begin(5);
  backlog.touch(1, 5, 9, now_ms);
  fail(1);
  EXPECT_FALSE(backlog.next(now_ms)) << "it waits";
  now_ms += limits::webhook_pause_ms;
  const auto work = begin(5, false);
  EXPECT_EQ(work.from, 0U);
  EXPECT_EQ(work.to, 5U);
  backlog.delivered(1, 5, now_ms);
  EXPECT_FALSE(begin(9).to) << "what comes next is whatever is there then";
}

TEST_F(BacklogTest, ScopesTakeTurnsAndAreBounded) {
  for (std::int64_t scope = 1; scope <= 6; ++scope) backlog.touch(scope, 0, 9, now_ms);
  for (std::int64_t scope = 1; scope <= 4; ++scope) EXPECT_EQ(begin().scope, scope);
  EXPECT_FALSE(backlog.next(now_ms));
  EXPECT_FALSE(backlog.next_at_ms()) << "only an end of one of them changes that";
  backlog.delivered(2, 3, now_ms);
  EXPECT_EQ(begin().scope, 5);
}

TEST_F(BacklogTest, APauseDoublesUpToTheLongest) {
  backlog.touch(1, 0, 9, now_ms);
  fail(begin().scope);
  std::int64_t pause_ms = limits::webhook_pause_ms;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t waited_ms = fail_next();
    EXPECT_LE(waited_ms, pause_ms);
    EXPECT_GE(waited_ms, pause_ms * 9 / 10);
    pause_ms = std::min(2 * pause_ms, limits::webhook_pause_max_ms);
  }
  EXPECT_EQ(pause_ms, limits::webhook_pause_max_ms);
}

TEST_F(BacklogTest, ARefusedDeltaHoldsUpItsScopeOnly) {
  backlog.touch(1, 0, 9, now_ms);
  for (int i = 0; i < 10; ++i) {
    now_ms = *backlog.next_at_ms();
    EXPECT_EQ(begin().scope, 1);
    fail(1);
    backlog.touch(2, 0, 9, now_ms);
    EXPECT_EQ(begin().scope, 2) << "at once";
    backlog.delivered(2, 9, now_ms);
  }
  EXPECT_EQ(backlog.receiver_failures(), 0U);
}

TEST_F(BacklogTest, AReceiverThatIsAwayIsKnockedAtByOneScopeAtATime) {
  for (std::int64_t scope = 1; scope <= 50; ++scope) backlog.touch(scope, 0, 9, now_ms);
  for (int i = 0; i < 4; ++i) begin();
  for (std::int64_t scope = 1; scope <= 4; ++scope) fail(scope);
  EXPECT_EQ(backlog.receiver_failures(), 1U) << "they were under way together";
  std::int64_t waited_ms = 0;
  for (int i = 0; i < 10; ++i) waited_ms = fail_next();
  EXPECT_GE(waited_ms, limits::webhook_pause_max_ms * 9 / 10);
  now_ms = *backlog.next_at_ms();
  const auto probe = begin();
  EXPECT_FALSE(backlog.next_at_ms()) << "nobody else until it is known";
  backlog.delivered(probe.scope, 100, now_ms);
  EXPECT_EQ(backlog.receiver_failures(), 0U);
  for (int i = 0; i < 4; ++i) EXPECT_NE(begin().scope, 0) << "all at once again";
}

TEST_F(BacklogTest, AReceiverThatAsksForAPauseGetsIt) {
  backlog.touch(1, 0, 9, now_ms);
  backlog.touch(2, 0, 9, now_ms);
  begin();
  fail(1, 30'000);
  EXPECT_EQ(*backlog.next_at_ms(), now_ms + 30'000) << "the other scope waits, too";
}

TEST_F(BacklogTest, ThePauseAskedForHasAnEnd) {
  backlog.touch(1, 0, 9, now_ms);
  begin();
  fail(1, 86'400'000);
  EXPECT_EQ(*backlog.next_at_ms(), now_ms + limits::webhook_pause_max_ms);
}

TEST_F(BacklogTest, WhatTheStoreSaysCountsWhereItIsLess) {
  backlog.touch(1, 10, 12, now_ms);
  backlog.behind(1, 4, 12, now_ms);
  backlog.behind(2, 0, 3, now_ms);
  EXPECT_EQ(begin().from, 4U);
  EXPECT_EQ(begin().from, 0U);
}

TEST_F(BacklogTest, WhatWasGivenUpComesAgainAtOnce) {
  backlog.touch(1, 0, 9, now_ms);
  begin();
  backlog.given_up(1);
  EXPECT_EQ(begin().scope, 1);
}

TEST_F(BacklogTest, LagCountsFromTheOldestChangeThatIsDue) {
  EXPECT_EQ(backlog.lag_ms(now_ms), 0);
  backlog.touch(1, 0, 5, now_ms);
  begin(5);
  backlog.touch(1, 5, 9, now_ms + 300);
  EXPECT_EQ(backlog.lag_ms(now_ms + 1000), 1000);
  backlog.delivered(1, 5, now_ms + 1000);
  EXPECT_EQ(backlog.lag_ms(now_ms + 1000), 700);
}

TEST_F(BacklogTest, LagOfWhatDidNotFitGoesOn) {
  backlog.touch(1, 0, 9, now_ms);
  begin(5, false);
  backlog.delivered(1, 5, now_ms + 1000);
  EXPECT_EQ(backlog.lag_ms(now_ms + 1000), 1000);
}

struct RestingBacklog : testing::Test {
  Backlog backlog{90'000, 4};
};

TEST_F(RestingBacklog, AChangeRestsAndLaterOnesWaitForTheNextRound) {
  backlog.touch(1, 0, 5, 0);
  backlog.touch(1, 5, 6, 1000);
  EXPECT_EQ(backlog.next_at_ms(), 90'000) << "not later because of the second";
  EXPECT_EQ(backlog.lag_ms(89'000), 0) << "it is not due";
  const auto work = backlog.next(90'000);
  ASSERT_TRUE(work);
  EXPECT_EQ(work->to, 5U);
  backlog.cut(1, 5, false);
  backlog.delivered(1, 5, 90'000);
  EXPECT_EQ(backlog.next_at_ms(), 180'000);
  EXPECT_EQ(backlog.next(180'000)->to, 6U);
}

TEST_F(RestingBacklog, RecoveryDoesNotShortenTheRest) {
  for (std::int64_t scope = 1; scope <= 2; ++scope) backlog.touch(scope, 0, 5, 0);
  for (std::int64_t scope = 1; scope <= 2; ++scope) {
    backlog.next(90'000);
    backlog.failed(scope, 90'000, 0, no_luck);
  }
  backlog.touch(3, 0, 5, 90'000);
  const auto probe = backlog.next(*backlog.next_at_ms());
  ASSERT_TRUE(probe);
  backlog.delivered(probe->scope, 5, 92'000);
  EXPECT_NE(backlog.next(92'000)->scope, 3);
  EXPECT_EQ(*backlog.next_at_ms(), 180'000) << "scope 3";
}

}  // namespace
}  // namespace msync
