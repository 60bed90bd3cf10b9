#include "cli/scope_replica.h"

#include <gtest/gtest.h>

#include <vector>

namespace msync {
namespace {

using Took = ScopeReplica::Took;

constexpr const char* scope = "chat/42/messages";

Change put(const std::string& id, std::uint64_t seq, std::uint64_t version, const std::string& data) {
  Change change;
  change.id = id;
  change.seq = seq;
  change.version = version;
  change.ts = static_cast<std::int64_t>(seq * 10);
  change.by = "alice";
  change.data = data;
  return change;
}

Change gone(const std::string& id, std::uint64_t seq, std::uint64_t version) {
  Change change = put(id, seq, version, "");
  change.deleted = true;
  return change;
}

Delta live(std::uint64_t from, std::uint64_t to, std::vector<Change> changes) {
  Delta delta;
  delta.epoch = "1-a";
  delta.scope = scope;
  delta.from = from;
  delta.to = delta.head = to;
  delta.changes = std::move(changes);
  return delta;
}

Delta page(const std::string& rid, std::uint64_t from, std::uint64_t to, std::uint64_t head,
           std::vector<Change> changes) {
  Delta delta = live(from, to, std::move(changes));
  delta.rid = rid;
  delta.head = head;
  return delta;
}

Delta reset(const std::string& rid, std::uint64_t to, std::uint64_t head, std::vector<Change> changes) {
  Delta delta = page(rid, 0, to, head, std::move(changes));
  delta.reset = true;
  delta.snap = head;
  return delta;
}

std::string dump(const ScopeReplica& replica) {
  std::string text = std::to_string(replica.seq()) + ":";
  for (const auto& [id, document] : replica.documents())
    text += " " + id + "v" + std::to_string(document.version) + document.data;
  return text;
}

/// At seq 2 of epoch 1-a with a and b.
ScopeReplica filled() {
  ScopeReplica replica(scope);
  replica.pull("r");
  replica.take(reset("r", 2, 2, {put("a", 1, 1, "{}"), put("b", 2, 1, "{}")}));
  return replica;
}

TEST(ScopeReplica, ANewOneAsksForEverythingWithoutAnEpoch) {
  ScopeReplica replica(scope);
  const Pull pull = replica.pull("r1");
  EXPECT_EQ(pull.rid, "r1");
  EXPECT_EQ(pull.since, 0u);
  EXPECT_EQ(pull.epoch, "");
  EXPECT_EQ(pull.src, "");
  EXPECT_FALSE(replica.whole());
}

TEST(ScopeReplica, TakesASnapshotPageByPage) {
  ScopeReplica replica(scope);
  replica.pull("r");
  EXPECT_EQ(replica.take(reset("r", 1, 3, {put("a", 1, 1, "{}")})), Took::applied);
  EXPECT_FALSE(replica.whole());
  EXPECT_EQ(replica.pull("r2").snap, 3u);
  Delta rest = page("r2", 1, 3, 3, {put("b", 3, 2, "{}")});
  rest.snap = 3;
  EXPECT_EQ(replica.take(rest), Took::applied);
  EXPECT_TRUE(replica.whole());
  EXPECT_EQ(dump(replica), "3: av1{} bv2{}");
  EXPECT_EQ(replica.pull("r3").snap, 0u);
  EXPECT_EQ(replica.pull("r3").since, 3u);
}

TEST(ScopeReplica, APageOfASnapshotThatItIsNotInIsAGap) {
  auto replica = filled();
  const std::string before = dump(replica);
  replica.pull("r2");  // answered by a snapshot whose first page, with `reset`, is lost
  Delta rest = page("r2", 1, 9, 9, {put("c", 9, 1, "{}")});
  rest.snap = 9;
  EXPECT_EQ(replica.take(rest), Took::gap) << "what was purged is named nowhere: 'a' would stay for ever";
  EXPECT_EQ(dump(replica), before);
  replica.take(reset("r2", 1, 9, {put("a", 1, 1, "{}")}));
  EXPECT_EQ(replica.take(page("r2", 1, 9, 9, {put("c", 9, 1, "{}")})), Took::gap) << "of an older pull";
  EXPECT_EQ(replica.seq(), 1u);
}

TEST(ScopeReplica, AnEmptyScopeIsWholeAtOnce) {
  ScopeReplica replica(scope);
  replica.pull("r");
  replica.take(reset("r", 0, 0, {}));
  EXPECT_TRUE(replica.whole());
}

TEST(ScopeReplica, DropsAtTheEndOfASnapshotWhatItDidNotName) {
  auto replica = filled();
  std::vector<std::string> told;
  replica.pull("r2");
  Delta snapshot = reset("r2", 9, 9, {put("b", 9, 3, "{}")});
  snapshot.epoch = "2-b";
  replica.take(snapshot, [&](const ScopeReplica::Event& event) {
    told.push_back(event.change.id + (event.after == nullptr ? " gone" : " here"));
    EXPECT_TRUE(event.snapshot);
  });
  EXPECT_EQ(dump(replica), "9: bv3{}");
  EXPECT_EQ(replica.epoch(), "2-b");
  EXPECT_EQ(told, (std::vector<std::string>{"b here", "a gone"}));
}

TEST(ScopeReplica, ASnapshotTellsOnlyWhatIsNew) {
  auto replica = filled();
  int told = 0;
  replica.pull("r2");
  replica.take(reset("r2", 2, 2, {put("a", 1, 1, "{}"), put("b", 2, 1, "{}")}),
               [&](const ScopeReplica::Event&) { ++told; });
  EXPECT_EQ(told, 0);
}

TEST(ScopeReplica, AppliesALiveDeltaThatFollows) {
  auto replica = filled();
  std::vector<bool> created;
  EXPECT_EQ(
      replica.take(live(2, 4, {put("c", 3, 1, "{}"), gone("a", 4, 2)}),
                   [&](const ScopeReplica::Event& event) { created.push_back(event.before == nullptr); }),
      Took::applied);
  EXPECT_EQ(dump(replica), "4: bv1{} cv1{}");
  EXPECT_EQ(created, (std::vector<bool>{true, false}));
}

TEST(ScopeReplica, AppliesOfAnOverlappingDeltaOnlyWhatIsNew) {
  auto replica = filled();
  EXPECT_EQ(replica.take(live(1, 3, {put("b", 2, 1, "{\"old\":1}"), put("c", 3, 1, "{}")})), Took::applied);
  EXPECT_EQ(dump(replica), "3: av1{} bv1{} cv1{}");
}

TEST(ScopeReplica, NoticesAGapAndChangesNothing) {
  auto replica = filled();
  EXPECT_EQ(replica.take(live(3, 4, {put("c", 4, 1, "{}")})), Took::gap);
  EXPECT_EQ(dump(replica), "2: av1{} bv1{}");
  EXPECT_FALSE(replica.whole());
}

TEST(ScopeReplica, DropsWhatItHas) {
  auto replica = filled();
  EXPECT_EQ(replica.take(live(0, 1, {put("a", 1, 1, "{\"x\":1}")})), Took::old);
  EXPECT_EQ(dump(replica), "2: av1{} bv1{}");
}

TEST(ScopeReplica, IgnoresOtherEpochsOtherScopesAndOtherPulls) {
  auto replica = filled();
  Delta other = live(2, 3, {put("c", 3, 1, "{}")});
  other.epoch = "2-b";
  EXPECT_EQ(replica.take(other), Took::ignored);
  other = live(2, 3, {put("c", 3, 1, "{}")});
  other.scope = "chat/43/messages";
  EXPECT_EQ(replica.take(other), Took::ignored);
  EXPECT_EQ(replica.take(reset("not ours", 0, 0, {})), Took::ignored);
  EXPECT_EQ(dump(replica), "2: av1{} bv1{}");
}

TEST(ScopeReplica, OnlyAResetPageThatAnswersItGoesBack) {
  auto replica = filled();
  replica.pull("r2");
  Delta restored = reset("r2", 1, 1, {put("a", 1, 1, "{}")});
  restored.epoch = "2-b";
  EXPECT_EQ(replica.take(restored), Took::applied);
  EXPECT_EQ(dump(replica), "1: av1{}");
}

TEST(ScopeReplica, IgnoresLiveDeltasDuringASnapshotButKnowsThatThereIsMore) {
  ScopeReplica replica(scope);
  replica.pull("r");
  replica.take(reset("r", 1, 2, {put("a", 1, 1, "{}")}));
  EXPECT_EQ(replica.take(live(1, 2, {put("b", 2, 1, "{}")})), Took::ignored);
  EXPECT_EQ(dump(replica), "1: av1{}");
  EXPECT_FALSE(replica.whole());
}

TEST(ScopeReplica, AppliesAPatchToTheVeryVersionItWasMadeFrom) {
  auto replica = filled();
  replica.take(live(2, 3, {put("a", 3, 2, "{\"x\":1,\"y\":2}")}));
  Change patch = put("a", 4, 3, "");
  patch.base = 2;
  patch.patch = R"({"x":null,"z":3})";
  EXPECT_EQ(replica.take(live(3, 4, {patch})), Took::applied);
  EXPECT_EQ(dump(replica), "4: av3{\"y\":2,\"z\":3} bv1{}");
  patch.seq = 5;
  patch.version = 9;
  patch.base = 8;
  EXPECT_EQ(replica.take(live(4, 5, {patch})), Took::gap);
  EXPECT_EQ(replica.seq(), 4u);
}

TEST(ScopeReplica, TakesOneSnapshotWhenTheDigestDiffersAndThenGoesOn) {
  auto replica = filled();
  Delta wrong = live(2, 2, {});
  wrong.count = 2;
  wrong.digest = "0000000000000000";
  EXPECT_EQ(replica.take(wrong), Took::damaged);
  EXPECT_TRUE(replica.wants_snapshot());
  EXPECT_EQ(replica.pull("r2").since, 0u);
  EXPECT_FALSE(replica.wants_snapshot());
  EXPECT_EQ(replica.take(wrong), Took::damaged);
  EXPECT_FALSE(replica.wants_snapshot());
}

TEST(ScopeReplica, ALiveDeltaBelowTheHeadOfAPageIsNotHeldAgainstItsDigest) {
  auto replica = filled();
  replica.pull("r2");
  // b changed at 3 and again at 5: the page to 4 leaves it out, and the live delta of 4 knew it as it was at 3.
  EXPECT_EQ(replica.take(page("r2", 2, 3, 5, {})), Took::applied);
  Delta late = live(3, 4, {put("a", 4, 2, "{}")});
  late.count = 2;
  late.digest = "0123456789abcdef";
  EXPECT_EQ(replica.take(late), Took::applied);
  EXPECT_FALSE(replica.wants_snapshot());
}

TEST(ScopeReplica, FindsTheDigestRightAfterChangesAndDeletions) {
  auto replica = filled();
  Digest digest;
  digest.add("b", 1, 20, "alice");
  Delta right = live(2, 3, {gone("a", 3, 2)});
  right.count = 1;
  right.digest = digest.hex();
  EXPECT_EQ(replica.take(right), Took::applied);
  EXPECT_FALSE(replica.wants_snapshot());
}

}  // namespace
}  // namespace msync
