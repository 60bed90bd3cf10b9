#include "bridge/outbox.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

std::string topics(const std::vector<Publish>& messages) {
  std::string all;
  for (const Publish& message : messages) all += message.topic;
  return all;
}

TEST(Outbox, AcksOvertakePagesAndPagesComeAFewAtATime) {
  Outbox outbox;
  for (int i = 0; i < 6; ++i) outbox.push_page({"p", ""});
  outbox.push({"a", ""});
  outbox.push({"b", ""});
  EXPECT_EQ(topics(outbox.pop(64)), "ab" + std::string(limits::pages_a_turn, 'p'));
  outbox.push({"c", ""});
  EXPECT_EQ(topics(outbox.pop(64)), "c" + std::string(6 - limits::pages_a_turn, 'p'));
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, GivesNoMoreThanItIsAskedFor) {
  Outbox outbox;
  for (int i = 0; i < 3; ++i) outbox.push({"a", ""});
  outbox.push_page({"p", ""});
  EXPECT_EQ(topics(outbox.pop(2)), "aa");
  EXPECT_FALSE(outbox.empty());
  EXPECT_EQ(topics(outbox.pop(2)), "ap");
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, TakesNothingOnceClosed) {
  Outbox outbox;
  outbox.close();
  EXPECT_FALSE(outbox.push({"a", ""}));
  EXPECT_FALSE(outbox.push_page({"p", ""}));
}

}  // namespace
}  // namespace msync
