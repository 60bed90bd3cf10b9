#include "bridge/drop_watch.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

TEST(DropWatch, TellsWhatWasDroppedSinceTheLastTime) {
  DropWatch watch;
  EXPECT_EQ(watch.told("100"), std::nullopt);  // before our time
  EXPECT_EQ(watch.told("100"), 0U);
  EXPECT_EQ(watch.told("130"), 30U);
  EXPECT_EQ(watch.told("5"), 0U);  // the broker began anew
  EXPECT_EQ(watch.told("7"), 2U);
  EXPECT_EQ(watch.total(), 32U);
}

TEST(DropWatch, WhatIsNoNumberTellsNothing) {
  DropWatch watch;
  watch.told("1");
  for (const char* text : {"", "x", "1x", "-1", "99999999999999999999999"})
    EXPECT_EQ(watch.told(text), std::nullopt);
  EXPECT_EQ(watch.told("2"), 1U);
}

}  // namespace
}  // namespace msync
