#include "bridge/cursors.h"

#include <gtest/gtest.h>

using msync::Cursors;

TEST(Cursors, SendsFromWhereTheHeadWasBefore) {
  Cursors cursors;
  cursors.touch(1, 10, 15);
  const auto work = cursors.next();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->scope, 1);
  EXPECT_EQ(work->from, 10U);
  cursors.sent(1, 15, 15);
  EXPECT_FALSE(cursors.next());
  EXPECT_FALSE(cursors.idle()) << "the broker has not acknowledged";
  cursors.acked(1, 15);
  EXPECT_TRUE(cursors.idle());
}

TEST(Cursors, AScopeUnderWayGoesOnFromWhatWasSent) {
  Cursors cursors;
  cursors.touch(1, 0, 5);
  cursors.sent(1, 5, 5);
  cursors.touch(1, 5, 9);
  EXPECT_EQ(cursors.next()->from, 5U);
  cursors.sent(1, 9, 9);
  cursors.acked(1, 5);
  EXPECT_FALSE(cursors.idle());
  cursors.acked(1, 9);
  EXPECT_TRUE(cursors.idle());
}

TEST(Cursors, ALostConnectionSendsAgainWhatWasNotAcknowledged) {
  Cursors cursors;
  cursors.touch(1, 0, 9);
  cursors.sent(1, 4, 9);
  cursors.sent(1, 9, 9);
  cursors.acked(1, 4);
  cursors.connection_lost();
  EXPECT_EQ(cursors.next()->from, 4U);
}

TEST(Cursors, AnUnknownFateSendsAgainFromWhatWasAcknowledged) {
  Cursors cursors;
  cursors.touch(1, 0, 9);
  cursors.touch(2, 0, 9);
  cursors.sent(1, 9, 9);
  cursors.sent(2, 9, 9);
  cursors.acked(1, 3);
  cursors.failed(1);
  const auto work = cursors.next();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->scope, 1);
  EXPECT_EQ(work->from, 3U);
}

TEST(Cursors, ScopesTakeTurns) {
  Cursors cursors;
  cursors.touch(1, 0, 100);
  cursors.touch(2, 0, 1);
  cursors.touch(3, 0, 1);
  EXPECT_EQ(cursors.next()->scope, 1);
  cursors.sent(1, 50, 100);
  EXPECT_EQ(cursors.next()->scope, 2);
  EXPECT_EQ(cursors.next()->scope, 3);
  EXPECT_EQ(cursors.next()->scope, 1);
}

TEST(Cursors, WhatWasAcknowledgedIsStoredOnce) {
  Cursors cursors;
  cursors.touch(1, 0, 5);
  cursors.acked(1, 2);
  cursors.acked(1, 3);
  const auto moved = cursors.take_acked();
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0], (std::pair<std::int64_t, std::uint64_t>{1, 3}));
  EXPECT_TRUE(cursors.take_acked().empty());
}

TEST(Cursors, HeadsAreReachedWhenTheBrokerHasThemAll) {
  Cursors cursors;
  cursors.touch(1, 0, 5);
  cursors.touch(2, 0, 3);
  const auto heads = cursors.heads();
  cursors.touch(1, 5, 9);  // later, and no part of it
  EXPECT_FALSE(cursors.reached(heads));
  cursors.sent(2, 3, 3);
  cursors.acked(2, 3);
  cursors.sent(1, 4, 9);
  cursors.acked(1, 4);
  EXPECT_FALSE(cursors.reached(heads));
  cursors.sent(1, 7, 9);
  cursors.acked(1, 7);
  EXPECT_TRUE(cursors.reached(heads));
  EXPECT_FALSE(cursors.idle());
}
