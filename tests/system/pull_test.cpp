// T/pull: pages, snapshots and resumption.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Pulling : World {
  // `count` documents of the same writer, in few messages.
  void fill(int count, const std::string& prefix = "m") {
    auto& writer = phone("alice:writer");
    std::vector<Mutation> all;
    for (int i = 0; i < count; ++i) all.push_back(alone(put(prefix + std::to_string(i), {{"text", "x"}}, 0)));
    writer.mutates_all(std::move(all));
    settle();
  }
};

TEST_F(Pulling, AnEmptyScopeIsAnsweredToo) {
  auto& a = phone("alice:a");
  ASSERT_FALSE(a.pages().empty());
  EXPECT_TRUE(a.pages().back().last);
  EXPECT_EQ(a.pages().back().head, 0u);
  EXPECT_EQ(a.pages().back().n, 0u);
}

TEST_F(Pulling, ANewReplicaGetsASnapshotInPagesOfTheSizeItAskedFor) {
  fill(1200);
  auto& b = new_phone("bob:b", {.limit = 100});
  ASSERT_TRUE(eventually([&] { return b.settled(); }));
  ASSERT_EQ(b.pages().size(), 12u);
  EXPECT_TRUE(b.pages()[0].reset);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(b.pages()[i].changes.size(), 100u);
    EXPECT_EQ(b.pages()[i].last, i == 11);
  }
  EXPECT_EQ(dump(b), server());
}

TEST_F(Pulling, MoreThanSixteenPagesTakeSeveralPullsAndOneSnapshot) {
  fill(500);
  auto& b = new_phone("bob:b", {.limit = 20});
  ASSERT_TRUE(eventually([&] { return b.settled(); }));
  EXPECT_EQ(b.pages().size(), 25u);
  EXPECT_TRUE(b.pages()[15].last);
  EXPECT_LT(b.pages()[15].to, b.pages()[15].head);
  EXPECT_EQ(b.replica().snapshots(), 1u);
  EXPECT_EQ(dump(b), server());
}

TEST_F(Pulling, APhoneThatWasAwayGetsOnlyWhatItLacks) {
  fill(300);
  auto& b = phone("bob:b");
  b.goes_offline();
  b.options().clean_start = true;  // what the broker queued is lost: only a pull can help
  fill(10, "new");
  const auto pages_before = b.pages().size();
  b.goes_online();
  ASSERT_TRUE(eventually([&] { return b.settled() && b.replica().seq() == 310; }));
  std::size_t changes = 0;
  for (std::size_t i = pages_before; i < b.pages().size(); ++i) {
    EXPECT_FALSE(b.pages()[i].reset);
    changes += b.pages()[i].changes.size();
  }
  EXPECT_LE(changes, 10u);
  EXPECT_EQ(b.replica().snapshots(), 1u);
  EXPECT_EQ(dump(b), server());
}

TEST_F(Pulling, WhatWasDeletedMeanwhileIsGoneAfterwards) {
  fill(20);
  auto& b = phone("bob:b");
  b.goes_offline();
  b.options().clean_start = true;
  auto& writer = phone("alice:writer");
  for (int i = 0; i < 20; i += 2) writer.deletes("m" + std::to_string(i));
  settle();
  b.goes_online();
  ASSERT_TRUE(eventually([&] { return b.settled() && b.replica().seq() == 30; }));
  EXPECT_EQ(b.replica().documents().size(), 10u);
  EXPECT_EQ(dump(b), server());
}

TEST_F(Pulling, APullTellsWhichOfItsWritesHaveArrived) {
  auto& a = phone("alice:a");
  a.mutates_all({alone(put("m1", {{"text", "1"}}, 0)), alone(put("m2", {{"text", 2}}, 0))});
  settle();
  const auto before = a.pages().size();
  a.pulls(a.scope());
  ASSERT_TRUE(eventually([&] { return a.pages().size() > before && a.pages().back().last; }));
  EXPECT_EQ(a.pages().back().n, 2u);
  ASSERT_EQ(a.pages().back().outcomes.size(), 1u);
  EXPECT_EQ(a.pages().back().outcomes[0].n, 2u);
  EXPECT_EQ(a.pages().back().outcomes[0].status, Status::rejected);
}

TEST_F(Pulling, SinceAboveTheHeadIsAnsweredByASnapshot) {
  fill(3);
  auto& a = phone("alice:a");
  const auto before = a.pages().size();
  const Json pull = {{"rid", "raw"}, {"epoch", a.status().epoch}, {"since", 1'000'000}};
  EXPECT_TRUE(a.sends("chat/42/messages/pull", to_text(pull)).ok);
  ASSERT_TRUE(eventually([&] { return a.pages().size() > before; }));
  EXPECT_TRUE(a.pages().back().reset);
  EXPECT_EQ(a.pages().back().rid, "raw");
  EXPECT_EQ(a.pages().back().changes.size(), 3u);
}

}  // namespace
}  // namespace msync::test
