#include "bridge/fair_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace msync {
namespace {

using Queue = FairQueue<std::string>;

void push(Queue& queue, const std::string& user, std::initializer_list<const char*> messages) {
  for (const char* message : messages) queue.push(user, message, 10);
}

std::vector<std::string> rest(Queue& queue) {
  std::vector<std::string> all;
  while (auto message = queue.pop()) all.push_back(*message);
  return all;
}

TEST(FairQueue, UsersTakeTurnsAndKeepTheirOrder) {
  Queue queue;
  push(queue, "alice", {"a1", "a2", "a3"});
  push(queue, "bob", {"b1"});
  push(queue, "carol", {"c1", "c2"});
  EXPECT_EQ(rest(queue), (std::vector<std::string>{"a1", "b1", "c1", "a2", "c2", "a3"}));
}

TEST(FairQueue, WhoComesLateWaitsForOneMessageOfEachOther) {
  Queue queue;
  push(queue, "alice", {"a1", "a2", "a3"});
  EXPECT_EQ(*queue.pop(), "a1");
  push(queue, "bob", {"b1"});
  EXPECT_EQ(rest(queue), (std::vector<std::string>{"a2", "b1", "a3"}));
}

TEST(FairQueue, WhatIsPutBackIsItsUsersNext) {
  Queue queue;
  push(queue, "alice", {"a3"});
  queue.push_front("alice", "a2", 10);
  queue.push_front("bob", "b1", 10);
  EXPECT_EQ(rest(queue), (std::vector<std::string>{"b1", "a2", "a3"}));
}

TEST(FairQueue, CountsWhatIsThere) {
  Queue queue;
  EXPECT_TRUE(queue.empty());
  push(queue, "alice", {"a1", "a2"});
  push(queue, "bob", {"b1"});
  EXPECT_EQ(queue.load().messages, 3U);
  EXPECT_EQ(queue.load().bytes, 30U);
  EXPECT_EQ(queue.load_of("alice").bytes, 20U);
  EXPECT_EQ(queue.load_of("nobody").messages, 0U);
  EXPECT_EQ(queue.users(), 2U);
  EXPECT_EQ(*queue.heaviest([](const Queue::Load& load) { return load.messages; }), "alice");
  rest(queue);
  EXPECT_EQ(queue.load().bytes, 0U);
  EXPECT_EQ(queue.users(), 0U);
}

TEST(FairQueue, TheNewestCanBeDroppedAndAnyCanBeFound) {
  Queue queue;
  push(queue, "alice", {"a1", "a2"});
  push(queue, "bob", {"b1"});
  queue.drop_newest("alice");
  queue.drop_newest("bob");
  queue.drop_newest("nobody");
  EXPECT_EQ(queue.find("alice", [](const std::string& text) { return text == "a2"; }), nullptr);
  *queue.find("alice", [](const std::string& text) { return text == "a1"; }) = "other";
  EXPECT_EQ(queue.users(), 1U);
  EXPECT_EQ(rest(queue), std::vector<std::string>{"other"});
}

}  // namespace
}  // namespace msync
