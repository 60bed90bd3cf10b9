// Which decisions say that the write met a change it had not seen: what conflict records are made of.
#include <gtest/gtest.h>

#include "core/reconcile.h"

namespace msync {
namespace {

constexpr const char* schema =
    R"({"type":"object","required":["text"],"properties":{"text":{"type":"string","maxLength":5},
  "likes":{"type":"integer","maximum":9,"x-merge":"counter"}},
  "x-sync":{"topic":"t/{x}","conflict":"POLICY","access":[{"allow":["read","write"]}]}})";

/// An entity that carol made as version 1 at ts 10 and alice changed to version 2 at ts 20.
class Judge {
 public:
  explicit Judge(const std::string& policy) {
    std::string text = schema;
    text.replace(text.find("POLICY"), 6, policy);
    auto loaded = Collections::load({{"t.json", text}});
    collections_ = std::move(loaded.collections);
    stands_ = decide("carol", Op::put, 0, 10, R"({"text":"one","x":1})").entity;
    stands_ = decide("alice", Op::patch, 1, 20, R"({"text":"two"})").entity;
  }

  Decision decide(const std::string& user, Op op, std::optional<std::uint64_t> base, std::int64_t ts,
                  const char* data = "{}") const {
    Operation operation;
    operation.op = op;
    operation.id = "e";
    operation.base = base;
    operation.ts = ts;
    operation.data = Json::parse(data);
    const Writer writer{user, user + "-device-0000", 1, 1'000'000};
    return reconcile(*collections_.find("t"), stands_ ? &*stands_ : nullptr, operation, writer, 0);
  }

  void bury() { stands_ = decide("alice", Op::remove, 2, 30).entity; }
  void forget() { stands_.reset(); }

 private:
  Collections collections_;
  std::optional<Entity> stands_;
};

std::string told(const Decision& decision) {
  return std::string(to_string(decision.status)) + (decision.concurrent ? ", concurrent" : "");
}

constexpr const char* policies[] = {"lww", "merge", "reject"};

TEST(ReconcileConcurrent, AWriteThatSawTheLastEditMetNothing) {
  for (const char* policy : policies) {
    Judge judge(policy);
    for (const Op op : {Op::put, Op::patch, Op::remove})
      EXPECT_EQ(told(judge.decide("bob", op, 2, 5, R"({"text":"b"})")), "applied") << policy;
    EXPECT_EQ(told(judge.decide("bob", Op::put, 7, 5, R"({"text":"b"})")), "rejected") << "ahead";
    EXPECT_EQ(told(judge.decide("bob", Op::put, 1, 50, R"({"text":"too long"})")), "rejected")
        << "it would be, whatever stood";
  }
}

TEST(ReconcileConcurrent, AWriterThatFollowsItselfMetNothing) {
  for (const char* policy : {"lww", "reject"}) {
    const Judge judge(policy);
    for (const Op op : {Op::put, Op::patch, Op::remove})
      EXPECT_EQ(told(judge.decide("alice", op, 1, 5, R"({"text":"b"})")), "applied") << policy;
  }
  EXPECT_EQ(told(Judge("merge").decide("alice", Op::patch, 1, 21, R"({"text":"b"})")), "applied");
}

TEST(ReconcileConcurrent, UnderMergeAWriterMayFollowItselfAndStillMeetAnother) {
  EXPECT_EQ(told(Judge("merge").decide("alice", Op::patch, 0, 5, R"({"x":2})")), "superseded, concurrent");
  EXPECT_EQ(told(Judge("merge").decide("alice", Op::patch, 0, 5, R"({"x":2,"text":"b"})")),
            "merged, concurrent");
}

TEST(ReconcileConcurrent, LastWriterWinsSaysSoOfWhoWinsAndOfWhoLoses) {
  const Judge judge("lww");
  for (const Op op : {Op::put, Op::remove})
    EXPECT_EQ(told(judge.decide("bob", op, 1, 30, R"({"text":"b"})")), "applied, concurrent");
  EXPECT_EQ(told(judge.decide("bob", Op::put, {}, 30, R"({"text":"b"})")), "applied, concurrent") << "blind";
  EXPECT_EQ(told(judge.decide("bob", Op::patch, 1, 30, R"({"text":"b"})")), "merged, concurrent");
  for (const Op op : {Op::put, Op::patch})
    EXPECT_EQ(told(judge.decide("bob", op, 1, 15, R"({"text":"b"})")), "superseded, concurrent");
  EXPECT_EQ(told(judge.decide("bob", Op::remove, 1, 5)), "superseded, concurrent");
}

TEST(ReconcileConcurrent, RejectAndMergeSayLikewise) {
  for (const Op op : {Op::put, Op::patch, Op::remove})
    EXPECT_EQ(told(Judge("reject").decide("bob", op, 1, 30, R"({"text":"b"})")), "conflict, concurrent");
  EXPECT_EQ(told(Judge("merge").decide("bob", Op::patch, 1, 30, R"({"x":2})")), "merged, concurrent");
  EXPECT_EQ(told(Judge("merge").decide("bob", Op::patch, 1, 15, R"({"text":"b"})")),
            "superseded, concurrent");
  EXPECT_EQ(told(Judge("merge").decide("bob", Op::patch, 1, 30, R"({"text":null})")), "rejected, concurrent")
      << "what it would have come to does not fit";
}

TEST(ReconcileConcurrent, OperatorsNeverConflict) {
  for (const char* policy : policies)
    EXPECT_EQ(told(Judge(policy).decide("bob", Op::patch, 0, 5, R"({"likes":{"$inc":1}})")), "applied");
}

TEST(ReconcileConcurrent, WhatComesTooLateForADeletedEntityMetItsDeletion) {
  for (const char* policy : policies) {
    Judge judge(policy);
    judge.bury();
    const bool refuses = policy == std::string("reject");
    EXPECT_EQ(told(judge.decide("bob", Op::put, 2, 25, R"({"text":"b"})")),
              refuses ? "conflict, concurrent" : "superseded, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::put, 2, 35, R"({"text":"b"})")),
              refuses ? "conflict, concurrent" : "applied, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::patch, 3, 35, R"({"text":"b"})")), "superseded, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::patch, 2, 35, R"({"likes":{"$inc":1}})")),
              "superseded, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::remove, 2, 25)), "applied, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::put, 3, 5, R"({"text":"b"})")), "applied") << "on purpose";
  }
}

TEST(ReconcileConcurrent, AnUnknownIdIsMetOnlyByWhoHadSeenIt) {
  for (const char* policy : policies) {
    Judge judge(policy);
    judge.forget();
    EXPECT_EQ(told(judge.decide("bob", Op::put, 0, 5, R"({"text":"b"})")), "applied");
    EXPECT_EQ(told(judge.decide("bob", Op::put, 3, 5, R"({"text":"b"})")), "superseded, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::patch, {}, 5, R"({"text":"b"})")), "superseded, concurrent");
    EXPECT_EQ(told(judge.decide("bob", Op::remove, 3, 5)), "applied");
  }
}

TEST(ReconcileConcurrent, WhatWasNotStoredComesWithAReason) {
  Judge judge("lww");
  const auto reason = [](const Decision& decision) { return decision.error ? decision.error->message : ""; };
  EXPECT_EQ(reason(judge.decide("bob", Op::put, 1, 15, R"({"text":"b"})")),
            "version 2 stands, which is newer");
  judge.bury();
  EXPECT_EQ(reason(judge.decide("bob", Op::put, 1, 15, R"({"text":"b"})")), "it was deleted meanwhile");
  judge.forget();
  EXPECT_EQ(reason(judge.decide("bob", Op::put, 1, 15, R"({"text":"b"})")),
            "it was deleted, and forgotten since");
  EXPECT_EQ(reason(judge.decide("bob", Op::patch, {}, 15, R"({"text":"b"})")),
            "there is nothing to patch; base 0 would create it");
}

}  // namespace
}  // namespace msync
