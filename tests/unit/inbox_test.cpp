#include "bridge/inbox.h"

#include <gtest/gtest.h>

#include <future>

using namespace msync;

namespace {

Inbound message(std::size_t bytes = 10) {
  Inbound inbound;
  inbound.payload.assign(bytes, 'x');
  return inbound;
}

void fill(Inbox& inbox) {
  for (std::size_t i = 0; i < limits::inbox_messages; ++i) ASSERT_TRUE(inbox.push(message()));
}

}  // namespace

TEST(Inbox, HoldsTheLinkBackWhileItIsFull) {
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
  std::size_t taken = 0;
  while (inbox.push(message(limits::max_payload_bytes))) ++taken;
  EXPECT_LE(taken, limits::inbox_bytes / limits::max_payload_bytes + 1);
  EXPECT_GT(taken, 0U);
}

TEST(Inbox, KeepsTheOrderAndGivesUpItsRestWhenClosed) {
  Inbox inbox;
  for (std::size_t i = 1; i <= 3; ++i) ASSERT_TRUE(inbox.push(message(i)));
  inbox.close();
  EXPECT_FALSE(inbox.push(message()));
  const auto batch = inbox.pop(10, 0);
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(batch[2].payload.size(), 3U);
}
