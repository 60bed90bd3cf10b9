#include "bridge_fixture.h"

using namespace msync;

namespace {

const char* put_a = R"([{"op":"put","id":"a","base":0,"ts":5,"data":{"text":"x"}}])";

class CommitterTest : public BridgeFixture {};

}  // namespace

TEST_F(CommitterTest, AWriteIsAcknowledgedWithWhereItLanded) {
  const Ack ack = send(src_a, 1, put_a);
  EXPECT_EQ(ack.n, 1U);
  EXPECT_EQ(ack.head, 1U);
  EXPECT_EQ(ack.now, 2000);
  EXPECT_EQ(ack.epoch, epoch);
  ASSERT_EQ(ack.results.size(), 1U);
  EXPECT_EQ(ack.results[0].status, Status::applied);
  EXPECT_EQ(ack.results[0].changes, (std::vector<Landing>{{"a", 1, 1}}));
}

TEST_F(CommitterTest, ARepeatIsAnsweredAndNeverApplied) {
  const char* twice =
      R"([{"op":"put","id":"a","base":0,"data":{"text":"x"}},{"op":"patch","id":"a","base":9,"data":{"text":"y"}}])";
  send(src_a, 1, twice);
  const Ack again = send(src_a, 1, twice);
  EXPECT_EQ(again.n, 2U);
  EXPECT_EQ(again.head, 1U) << "nothing was applied again";
  ASSERT_EQ(again.results.size(), 2U);
  EXPECT_EQ(again.results[0].status, Status::processed) << "an applied outcome is not kept";
  EXPECT_TRUE(again.results[0].duplicate);
  EXPECT_EQ(again.results[1].status, Status::rejected) << "another is";
  EXPECT_EQ(again.results[1].error->code, Code::version_ahead);
  EXPECT_TRUE(again.results[1].duplicate);
}

TEST_F(CommitterTest, ARepeatMayGoOnWithNewNumbers) {
  send(src_a, 1, put_a);
  const Ack ack = send(src_a, 1, R"([{"op":"noop"},{"op":"put","id":"b","base":0,"data":{"text":"y"}}])");
  EXPECT_EQ(ack.n, 2U);
  EXPECT_EQ(ack.head, 2U);
  EXPECT_EQ(ack.results[1].status, Status::applied);
}

TEST_F(CommitterTest, NumbersSurviveARestart) {
  send(src_a, 1, put_a);
  const std::string before = epoch;
  reopen();
  EXPECT_EQ(epoch, before);
  EXPECT_EQ(send(src_a, 1, put_a).head, 1U);
}

TEST_F(CommitterTest, AGapProcessesNothingAndNamesTheLastNumber) {
  send(src_a, 1, put_a);
  const Ack ack = send(src_a, 3, R"([{"op":"put","id":"b","data":{"text":"y"}}])");
  EXPECT_TRUE(ack.gap);
  EXPECT_EQ(ack.n, 1U);
  EXPECT_EQ(pull({"r", src_a, epoch, 1}).at(0).head, 1U);
  const Ack probe = send(src_b, limits::integer_max, R"([{"op":"noop"}])");
  EXPECT_TRUE(probe.gap) << "how a writer without read learns its number";
  EXPECT_EQ(probe.n, 0U);
}

TEST_F(CommitterTest, NumbersAreOfUserAndReplicaAndScope) {
  send(src_a, 1, put_a);
  EXPECT_FALSE(
      send(src_a, 1, R"([{"op":"put","id":"b","data":{"text":"y"}}])", "bob:phone").results[0].duplicate)
      << "another user's replica of the same name";
  EXPECT_FALSE(send(src_b, 1, R"([{"op":"put","id":"c","data":{"text":"y"}}])").results[0].duplicate);
  const Committed other = commit({inbound("alice:phone", in(src_a, 1, put_a), Leaf::in, "notes/2")});
  EXPECT_EQ(decode_ack(other.replies[0].payload)->results[0].status, Status::applied);
}

TEST_F(CommitterTest, AnotherEpochIsStale) {
  const std::string payload =
      R"({"epoch":"1-old","src":"aaaaaaaaaaaaaaaa","n":1,"mutations":[{"op":"noop"}]})";
  const Committed done = commit({inbound("alice:phone", payload)});
  const auto ack = decode_ack(done.replies.at(0).payload);
  EXPECT_TRUE(ack->stale);
  EXPECT_EQ(ack->epoch, epoch);
  EXPECT_EQ(done.mutations, 0U);
}

TEST_F(CommitterTest, OneBadMutationFailsAlone) {
  const Ack ack = send(src_a, 1, R"([{"op":"put","id":"a","data":{"text":1}},{"op":"fly","id":"a"},
    {"op":"put","id":"a/b","data":{"text":"x"}},{"op":"put","id":"b","data":{"text":"x"}}])");
  ASSERT_EQ(ack.results.size(), 4U);
  EXPECT_EQ(ack.results[0].error->code, Code::invalid);
  EXPECT_EQ(ack.results[0].error->path, "/text");
  EXPECT_EQ(ack.results[1].error->code, Code::unknown_op);
  EXPECT_EQ(ack.results[2].error->code, Code::bad_id);
  EXPECT_EQ(ack.results[3].status, Status::applied);
  EXPECT_EQ(ack.n, 4U);
  EXPECT_EQ(ack.head, 1U);
}

TEST_F(CommitterTest, AGroupIsAllOrNothing) {
  const Ack good = send(src_a, 1, R"([[{"op":"put","id":"a","base":0,"data":{"text":"x"}},
    {"op":"patch","id":"a","base":0,"data":{"likes":{"$inc":2}}},{"op":"put","id":"b","base":0,"data":{"text":"y"}}]])");
  ASSERT_EQ(good.results.size(), 1U);
  EXPECT_EQ(good.results[0].changes, (std::vector<Landing>{{"a", 1, 1}, {"a", 2, 2}, {"b", 1, 3}}));
  const std::string digest = pull({"r", src_a, epoch, 3}).at(0).digest;

  const Ack bad = send(
      src_a, 2,
      R"([[{"op":"delete","id":"b","base":1},{"op":"patch","id":"a","base":2,"data":{"likes":{"$inc":9}}}],
    {"op":"put","id":"c","base":0,"data":{"text":"z"}}])");
  EXPECT_EQ(bad.results[0].status, Status::rejected);
  EXPECT_EQ(bad.results[0].op, 1U);
  EXPECT_TRUE(bad.results[0].changes.empty());
  EXPECT_EQ(bad.results[1].changes, (std::vector<Landing>{{"c", 1, 4}})) << "the group used no seq";
  send(src_a, 4, R"([{"op":"delete","id":"c","base":1}])");
  EXPECT_EQ(pull({"r", src_a, epoch, 5}).at(0).digest, digest) << "the group left no trace in the digest";
}

TEST_F(CommitterTest, OneAckPerReplicaAndCommit) {
  const Committed done =
      commit({inbound("alice:phone", in(src_a, 1, put_a)), inbound("bob:phone", in(src_b, 1, put_a)),
              inbound("alice:phone", in(src_a, 2, R"([{"op":"noop"}])"))});
  EXPECT_EQ(done.replies.size(), 2U);
  EXPECT_EQ(done.messages, 3U);
  ASSERT_EQ(done.touched.size(), 1U);
  EXPECT_EQ(done.touched[0].head_before, 0U);
  EXPECT_EQ(done.touched[0].scope.seq, 2U) << "both puts are at one instant: the larger src wins";
}

TEST_F(CommitterTest, AnUnnumberedWriteIsAppliedWithoutAnswer) {
  const Committed done =
      commit({inbound("sensor:1", R"({"mutations":[{"op":"put","id":"a","data":{"text":"x"}}]})")});
  EXPECT_TRUE(done.replies.empty());
  EXPECT_EQ(done.outcomes.at(Status::applied), 1U);
  const Committed bad =
      commit({inbound("sensor:1", R"({"mutations":[{"op":"put","id":"a","data":{}}]})"),
              inbound("sensor:1", R"({"mutations":[{"op":"patch","id":"a","data":{"likes":{"$inc":1}}}]})")});
  ASSERT_EQ(bad.replies.size(), 2U) << "who debugs learns why nothing happened";
  for (const Reply& reply : bad.replies) EXPECT_EQ(decode_notice(reply.payload)->code, Code::malformed);
}

TEST_F(CommitterTest, WhatIsNoMessageIsAnsweredByANotice) {
  const Committed done =
      commit({inbound("alice:phone", "no json"), inbound("alice:phone", in(src_a, 1, put_a))});
  ASSERT_EQ(done.replies.size(), 2U);
  EXPECT_EQ(done.replies[0].topic, "sync/alice:phone/notice");
  EXPECT_EQ(decode_notice(done.replies[0].payload)->topic, "notes/1/in");
  EXPECT_EQ(done.malformed, 1U);
}

TEST_F(CommitterTest, ABatchEndsWhereItIsFull) {
  std::string many = "[";
  for (std::size_t i = 0; i < 400; ++i) many += std::string(i ? "," : "") + R"({"op":"noop"})";
  many += "]";
  const Committed done =
      commit({inbound("alice:phone", in(src_a, 1, many)), inbound("alice:phone", in(src_a, 401, many)),
              inbound("alice:phone", in(src_a, 801, many))});
  EXPECT_EQ(done.messages, 2U);
  EXPECT_EQ(done.mutations, 800U);
}
