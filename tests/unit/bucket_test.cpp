#include "core/bucket.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

int taken(Bucket& bucket, int tries, std::int64_t now_ms) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += bucket.take(now_ms) ? 1 : 0;
  return count;
}

TEST(Bucket, AllowsTheBurstAndThenTheRate) {
  Bucket bucket(10, 20);
  EXPECT_EQ(taken(bucket, 100, 1'000'000), 20);
  EXPECT_EQ(taken(bucket, 100, 1'000'500), 5);
  EXPECT_EQ(taken(bucket, 100, 1'010'000), 20);  // never more than the burst
}

TEST(Bucket, SaysWhenTheNextOneWillDo) {
  Bucket bucket(10, 1);
  ASSERT_TRUE(bucket.take(5'000));
  ASSERT_FALSE(bucket.take(5'000));
  const std::int64_t wait_ms = bucket.retry_after_ms();
  EXPECT_EQ(wait_ms, 100);
  EXPECT_FALSE(bucket.take(5'000 + wait_ms - 1));
  EXPECT_TRUE(bucket.take(5'000 + wait_ms));
}

TEST(Bucket, TakesMoreThanOneAtATime) {
  Bucket bytes(1000, 5000);
  EXPECT_TRUE(bytes.take(5'000, 4000));
  EXPECT_FALSE(bytes.take(5'000, 3000));
  EXPECT_EQ(bytes.retry_after_ms(), 2000);
  EXPECT_TRUE(bytes.take(5'000, 1000));
  EXPECT_FALSE(bytes.take(7'999, 3000));
  EXPECT_TRUE(bytes.take(8'000, 3000));
}

TEST(Bucket, AClockThatGoesBackOnlyStopsTheRefill) {
  Bucket bucket(10, 10);
  EXPECT_EQ(taken(bucket, 100, 1'000'000'000), 10);
  EXPECT_EQ(taken(bucket, 100, 900'000'000), 0);
  EXPECT_EQ(taken(bucket, 100, 900'000'500), 5);
}

}  // namespace
}  // namespace msync
