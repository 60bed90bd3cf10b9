// T/log: what a subscriber finds, live and retained.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

using Log = World;

std::vector<Delta> on_log(const Phone& phone, bool retained) {
  std::vector<Delta> deltas;
  for (const auto& message : phone.received()) {
    if (!message.topic.ends_with("/log") || message.retained != retained) continue;
    if (auto delta = decode_delta(message.payload)) deltas.push_back(*delta);
  }
  return deltas;
}

TEST_F(Log, ANewSubscriberFindsTheHeadRetained) {
  auto& a = phone("alice:a");
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(outcome(a, a.writes("m" + std::to_string(i), {{"text", "x"}})), "applied");
  settle();
  auto& b = phone("bob:b");
  const auto retained = on_log(b, true);
  ASSERT_EQ(retained.size(), 1u);
  EXPECT_EQ(retained[0].to, 3u);
  EXPECT_EQ(retained[0].head, 3u);
  EXPECT_EQ(dump(b), server());
}

TEST_F(Log, ADeltaOverEightKibIsNotRetainedAndAnEmptyOneTellsTheHead) {
  auto& a = phone("alice:a");
  auto& witness = phone("bob:w");
  const std::string large(4000, 'x');
  EXPECT_EQ(outcome(a, a.mutates(together({put("m1", {{"text", large}}, 0), put("m2", {{"text", large}}, 0),
                                           put("m3", {{"text", large}}, 0)}))),
            "applied");
  ASSERT_TRUE(eventually([&] { return witness.version("m3") == 1; }));
  bool whole = false;
  for (const auto& delta : on_log(witness, false)) whole |= delta.changes.size() == 3 && delta.to == 3;
  EXPECT_TRUE(whole) << "the live delta carries the changes themselves";

  auto& b = phone("carol:b");
  std::size_t heads = 0;
  for (const auto& message : b.received()) {
    if (!message.topic.ends_with("/log") || !message.retained) continue;
    ++heads;
    EXPECT_LE(message.payload.size(), limits::retained_delta_bytes);
    const auto delta = decode_delta(message.payload);
    ASSERT_TRUE(delta);
    EXPECT_TRUE(delta->changes.empty());
    EXPECT_EQ(delta->from, 3u);
    EXPECT_EQ(delta->to, 3u);
    EXPECT_EQ(delta->head, 3u);
  }
  EXPECT_EQ(heads, 1u);
  EXPECT_EQ(dump(b), server()) << "the rest came by pull";
}

TEST_F(Log, ALargeCommitComesAsSeveralContiguousDeltasOfAtMost256Kib) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  std::vector<Mutation> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back(alone(put("m" + std::to_string(i), {{"text", std::string(4000, 'y')}}, 0)));
  }
  a.mutates_all(many);
  a.mutates_all({alone(put("z1", {{"text", std::string(4000, 'z')}}, 0))});
  settle();
  ASSERT_TRUE(eventually([&] { return b.replica().seq() == 51; }));
  for (const auto& message : b.received()) EXPECT_LE(message.payload.size(), limits::live_delta_bytes);
  EXPECT_EQ(dump(b), server());
}

TEST_F(Log, ASmallChangeOfALargeDocumentTravelsAsAPatchAndArrivesWhole) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", std::string(3000, 'x')}, {"likes", 0}})), "applied");
  ASSERT_TRUE(eventually([&] { return a.version("m1") == 1 && b.version("m1") == 1; }));
  const std::size_t pages = b.pages().size();
  a.patches("m1", {{"likes", {{"$inc", 1}}}});
  ASSERT_TRUE(eventually([&] { return b.version("m1") == 2; }));
  EXPECT_EQ(b.holds("m1")["likes"], 1);
  EXPECT_EQ(b.holds("m1")["text"], std::string(3000, 'x'));
  const auto as_patch = [](const Received& message) {
    return message.topic.ends_with("/log") &&
           message.payload.find(R"("base":1,"patch":{"likes":1})") != std::string::npos &&
           message.payload.size() < 1000;
  };
  EXPECT_TRUE(std::any_of(b.received().begin(), b.received().end(), as_patch));
  EXPECT_EQ(b.pages().size(), pages) << "it held the base";
  auto& late = phone("carol:c");
  settle();
  EXPECT_EQ(dump(b), server());
  EXPECT_EQ(dump(late), server()) << "who comes later lacks the base, and pulls";
}

TEST_F(Log, NowNeverGoesBack) {
  auto& a = phone("alice:a");
  for (int i = 0; i < 30; ++i) a.writes("m" + std::to_string(i % 5), {{"text", std::to_string(i)}});
  settle();
  bridge.restart();
  a.writes("m1", {{"text", "after the restart"}});
  settle();
  std::int64_t last = 0;
  for (const auto& ack : a.acks()) {
    EXPECT_GE(ack.now, last);
    last = ack.now;
  }
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace msync::test
