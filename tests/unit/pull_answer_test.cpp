#include "bridge_fixture.h"

using namespace msync;

namespace {

class PullAnswerTest : public BridgeFixture {
 protected:
  void write(std::size_t count, std::size_t bytes = 10) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string data = R"({"text":")" + std::string(bytes, 'x') + R"("})";
      send(src_a, ++n_, R"([{"op":"put","id":"e)" + std::to_string(i) + R"(","data":)" + data + "}]");
    }
  }
  std::uint64_t n_ = 0;
};

}  // namespace

TEST_F(PullAnswerTest, ANewReplicaGetsASnapshotWithItsNumbersAtTheHead) {
  write(3);
  const auto pages = pull({"r1", src_a, "", 0});
  ASSERT_EQ(pages.size(), 1U);
  const Delta& page = pages[0];
  EXPECT_TRUE(page.reset);
  EXPECT_TRUE(page.last);
  EXPECT_EQ(page.rid, "r1");
  EXPECT_EQ(page.from, 0U);
  EXPECT_EQ(page.to, 3U);
  EXPECT_EQ(page.head, 3U);
  EXPECT_EQ(page.snap, 3U);
  EXPECT_EQ(page.count, 3U);
  EXPECT_EQ(page.n, 3U);
  EXPECT_EQ(page.changes.size(), 3U);
  EXPECT_EQ(page.changes[0].src, src_a);
  EXPECT_EQ(page.changes[0].n, 1U);
}

TEST_F(PullAnswerTest, AResumedReplicaGetsOnlyWhatItLacks) {
  write(3);
  send(src_a, ++n_, R"([{"op":"delete","id":"e0","base":1}])");
  const auto pages = pull({"r", src_b, epoch, 2});
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_FALSE(pages[0].reset);
  ASSERT_EQ(pages[0].changes.size(), 2U);
  EXPECT_EQ(pages[0].changes[0].id, "e2");
  EXPECT_TRUE(pages[0].changes[1].deleted);
  EXPECT_EQ(pages[0].n, 0U) << "an unknown src";
  EXPECT_EQ(pages[0].count, 2U);
}

TEST_F(PullAnswerTest, PagesAreCutByEntitiesAndContinue) {
  write(5);
  Pull request{"r", src_a, "", 0};
  request.limit = 2;
  const auto pages = pull(request);
  ASSERT_EQ(pages.size(), 3U);
  EXPECT_TRUE(pages[0].reset);
  EXPECT_FALSE(pages[1].reset);
  EXPECT_EQ(pages[1].snap, 5U);
  EXPECT_EQ(pages[0].to, 2U);
  EXPECT_EQ(pages[1].from, 2U);
  EXPECT_FALSE(pages[0].count) << "only at the head";
  EXPECT_FALSE(pages[0].n);
  EXPECT_TRUE(pages[2].last);
  EXPECT_FALSE(pages[1].last);
}

TEST_F(PullAnswerTest, PagesAreCutByBytesAndALargeEntityGoesAlone) {
  write(10, 60'000);
  const auto pages = pull({"r", src_a, "", 0});
  ASSERT_GT(pages.size(), 2U);
  for (const Delta& page : pages) EXPECT_LE(encode(page).size(), limits::page_bytes);
}

TEST_F(PullAnswerTest, OnePullIsAtMostSixteenPagesAndThenGoesOn) {
  write(20);
  Pull request{"r", src_a, "", 0};
  request.limit = 1;
  const auto pages = pull(request);
  ASSERT_EQ(pages.size(), limits::pages_per_pull);
  EXPECT_TRUE(pages.back().last);
  EXPECT_EQ(pages.back().to, 16U);
  Pull more{"s", src_a, epoch, 16, pages.back().snap};
  const auto rest = pull(more);
  EXPECT_FALSE(rest.at(0).reset) << "a snapshot under way is continued";
  EXPECT_EQ(rest.back().to, 20U);
}

TEST_F(PullAnswerTest, ASnapshotForWhoHasAnotherEpochOrIsAboveTheHead) {
  write(2);
  EXPECT_TRUE(pull({"r", src_a, "1-old", 2}).at(0).reset);
  EXPECT_TRUE(pull({"r", src_a, "9999999999999-new", 2}).at(0).reset);
  EXPECT_TRUE(pull({"r", src_a, epoch, 3}).at(0).reset);
  EXPECT_FALSE(pull({"r", src_a, epoch, 2}).at(0).reset);
  PullAnswer above({"r", src_a, epoch, 3}, "alice", "notes/1", epoch);
  ASSERT_TRUE(above.next(*reader, 1));
  EXPECT_TRUE(above.above_head());
}

TEST_F(PullAnswerTest, AScopeNobodyHasWrittenToIsEmpty) {
  const auto pages = pull({"r", src_a, "", 0}, "alice", "notes/none");
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_TRUE(pages[0].reset);
  EXPECT_EQ(pages[0].head, 0U);
  EXPECT_EQ(pages[0].count, 0U);
  EXPECT_EQ(pages[0].digest, "0000000000000000");
}

TEST_F(PullAnswerTest, OutcomesAboveWhatIsAcknowledgedAreTold) {
  write(1);
  send(src_a, ++n_, R"([{"op":"patch","id":"e0","base":7,"data":{"text":"y"}}])");
  EXPECT_EQ(pull({"r", src_a, epoch, 1}).at(0).outcomes.size(), 1U);
  Pull told{"r", src_a, epoch, 1};
  told.acked = 2;
  EXPECT_TRUE(pull(told).at(0).outcomes.empty());
  EXPECT_TRUE(pull({"r", src_a, epoch, 1}, "bob").at(0).outcomes.empty()) << "another user's";
}

TEST_F(PullAnswerTest, CborPagesSayTheSame) {
  write(2);
  Pull request{"r", src_a, "", 0};
  const auto json = pull(request);
  request.cbor = true;
  const auto cbor = pull(request);
  EXPECT_EQ(encode(json.at(0)), encode(cbor.at(0)));
}
