#include "plugin/client_ids.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

TEST(ClientIds, AUserHasSoManyAndTheyAlwaysMayReturn) {
  ClientIds ids(2, 1000);
  EXPECT_TRUE(ids.note("alice", "alice:1", 0));
  EXPECT_TRUE(ids.note("alice", "alice:2", 0));
  EXPECT_FALSE(ids.note("alice", "alice:3", 0));
  EXPECT_TRUE(ids.note("alice", "alice:1", 0));
  EXPECT_TRUE(ids.note("bob", "bob:1", 0));
}

TEST(ClientIds, OneThatWasNotSeenForLongMakesRoom) {
  ClientIds ids(2, 1000);
  ids.note("alice", "alice:1", 0);
  ids.note("alice", "alice:2", 0);
  ids.note("alice", "alice:1", 900);
  EXPECT_FALSE(ids.note("alice", "alice:3", 1000));
  EXPECT_TRUE(ids.note("alice", "alice:3", 1001));
  EXPECT_FALSE(ids.note("alice", "alice:2", 1001));
  EXPECT_EQ(ids.size(), 2U);
}

TEST(ClientIds, TheWholeIsBounded) {
  ClientIds ids(10, 1000, 3);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(ids.note("u" + std::to_string(i), "d", i));
  EXPECT_EQ(ids.size(), 3U);
}

}  // namespace
}  // namespace msync
