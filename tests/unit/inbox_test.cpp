#include "bridge/inbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>

using namespace msync;

namespace {

Inbound message(const std::string& user = "alice", std::size_t bytes = 10) {
  Inbound inbound;
  inbound.stamp.user = user;
  inbound.payload.assign(bytes, 'x');
  return inbound;
}

/// One message of each of so many users that there is no room left.
void fill(Inbox& inbox) {
  for (std::size_t i = 0; i < limits::inbox_messages; ++i)
    ASSERT_TRUE(inbox.push(message("user" + std::to_string(i))));
}

/// How many of this user's there is room for.
std::size_t flood(Inbox& inbox, const std::string& user, std::size_t bytes = 10) {
  std::size_t taken = 0;
  while (inbox.push(message(user, bytes))) ++taken;
  return taken;
}

std::size_t count_of(const std::vector<Inbound>& batch, const std::string& user) {
  return static_cast<std::size_t>(std::count_if(
      batch.begin(), batch.end(), [&](const Inbound& inbound) { return inbound.stamp.user == user; }));
}

template <class Work>
std::int64_t ms_of(Work work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began)
      .count();
}

}  // namespace

TEST(Inbox, HoldsTheLinkBackWhileManyFillIt) {
  Inbox inbox;
  fill(inbox);
  auto pushed = std::async(std::launch::async, [&] { return inbox.push(message()); });
  EXPECT_EQ(inbox.pop(1, 0).size(), 1U);
  EXPECT_TRUE(pushed.get());
  EXPECT_EQ(inbox.dropped(), 0U);
}

TEST(Inbox, DropsWhatDoesNotFitWhileStalled) {
  Inbox inbox;
  inbox.set_stalled(true);
  fill(inbox);
  EXPECT_FALSE(inbox.push(message()));
  EXPECT_EQ(inbox.dropped(), 1U);
}

TEST(Inbox, StallingFreesWhoWaits) {
  Inbox inbox;
  fill(inbox);
  auto pushed = std::async(std::launch::async, [&] { return inbox.push(message()); });
  inbox.set_stalled(true);
  EXPECT_FALSE(pushed.get());
}

TEST(Inbox, IsBoundedByBytesToo) {
  Inbox inbox;
  inbox.set_stalled(true);
  for (const char* user : {"alice", "bob", "carol", "dora"}) flood(inbox, user, limits::max_payload_bytes);
  const std::size_t taken = inbox.pop(limits::inbox_messages, 0).size();
  EXPECT_LE(taken, limits::inbox_bytes / limits::max_payload_bytes + 1);
  EXPECT_GT(taken, 0U);
}

TEST(Inbox, AFloodDelaysNobodyElse) {
  Inbox inbox;
  flood(inbox, "flooder");
  ASSERT_TRUE(inbox.push(message("alice")));
  const auto batch = inbox.pop(2, 0);
  EXPECT_EQ(count_of(batch, "alice"), 1U) << "as soon as one of the flood";
}

TEST(Inbox, AFloodHasHalfOfTheRoomAndTheLinkNeverWaitsForIt) {
  Inbox inbox;
  std::size_t taken = 0;
  // The last, which is refused, would wait for inbox_wait_ms.
  const std::int64_t patience_ms = limits::inbox_wait_ms / 2;
  EXPECT_LE(taken = flood(inbox, "flooder"), limits::inbox_messages / 2);
  EXPECT_GE(taken, limits::inbox_messages / 2 - 1);
  EXPECT_LT(ms_of([&] { EXPECT_FALSE(inbox.push(message("flooder"))); }), patience_ms);
  EXPECT_LT(ms_of([&] { EXPECT_TRUE(inbox.push(message("alice"))); }), patience_ms);
}

TEST(Inbox, WhereFloodsHaveAllOfItTheyMakeRoomForWhoHasLess) {
  Inbox inbox;
  flood(inbox, "one");
  flood(inbox, "two");
  const std::uint64_t dropped = inbox.dropped();
  EXPECT_LT(ms_of([&] { EXPECT_TRUE(inbox.push(message("alice"))); }), limits::inbox_wait_ms / 2);
  EXPECT_EQ(inbox.dropped(), dropped + 1) << "the newest of a flood";
  const auto batch = inbox.pop(limits::inbox_messages, 0);
  EXPECT_EQ(count_of(batch, "alice"), 1U);
}

TEST(Inbox, WhatIsPutBackComesAgainInItsOrderButNotBeforeOthersTurn) {
  Inbox inbox;
  for (std::size_t i = 1; i <= 3; ++i) ASSERT_TRUE(inbox.push(message("flooder", i)));
  auto batch = inbox.pop(10, 0);
  ASSERT_TRUE(inbox.push(message("alice")));
  batch.erase(batch.begin());
  inbox.put_back(std::move(batch));
  const auto again = inbox.pop(10, 0);
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[0].payload.size() + again[1].payload.size(), 2U + 10U) << "one of the flood, and alice's";
  EXPECT_EQ(again[2].payload.size(), 3U);
}

TEST(Inbox, KeepsTheOrderAndGivesUpItsRestWhenClosed) {
  Inbox inbox;
  for (std::size_t i = 1; i <= 3; ++i) ASSERT_TRUE(inbox.push(message("alice", i)));
  inbox.close();
  EXPECT_FALSE(inbox.push(message()));
  const auto batch = inbox.pop(10, 0);
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(batch[2].payload.size(), 3U);
}
