#include "bridge/log_messages.h"

#include <gtest/gtest.h>

using namespace msync;

namespace {

const StoreIdentity now{"1795230000000-9b2e", 7};

std::string status(const std::string& epoch, std::uint64_t boot, bool online = true) {
  return encode(ServerStatus{online, epoch, boot, "0.1.0"});
}

}  // namespace

TEST(HeadsLost, ABrokerThatKnowsABootMayLackWhatChangedUnderIt) {
  EXPECT_EQ(heads_lost_since(status(now.epoch, 7), now), 7U);
  EXPECT_EQ(heads_lost_since(status(now.epoch, 3), now), 3U);
  EXPECT_EQ(heads_lost_since(status(now.epoch, 3, false), now), 3U);
}

TEST(HeadsLost, ABrokerThatKnowsNothingOfThisHistoryLacksAll) {
  EXPECT_EQ(heads_lost_since(std::nullopt, now), 0U);
  EXPECT_EQ(heads_lost_since("", now), 0U);
  EXPECT_EQ(heads_lost_since(status("1795230000001-9b2e", 7), now), 0U);
  EXPECT_EQ(heads_lost_since(status(now.epoch, 8), now), 0U) << "of a store that was put back by hand";
}
