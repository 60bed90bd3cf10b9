// What becomes of clocks and values when a collection's file changes: another `conflict`, another `x-merge`.
#include <gtest/gtest.h>

#include "core/reconcile.h"

namespace msync {
namespace {

/// One entity whose collection's file changes under it.
class Evolving {
 public:
  explicit Evolving(const std::string& policy, const std::string& likes = "") { file_becomes(policy, likes); }

  void file_becomes(const std::string& policy, const std::string& likes = "") {
    auto loaded =
        Collections::load({{"t.json", R"({"type":"object","properties":{"likes":{"type":"integer")" + likes +
                                          R"(}},"x-sync":{"topic":"t/{x}","conflict":")" + policy +
                                          R"(","access":[{"allow":["read","write"]}]}})"}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    collections_ = std::move(loaded.collections);
  }

  Status write(const std::string& user, Op op, std::uint64_t base, std::int64_t ts, const char* data = "{}") {
    Operation operation;
    operation.op = op;
    operation.id = "e";
    operation.base = base;
    operation.ts = ts;
    operation.data = Json::parse(data);
    const Writer writer{user, user + "-device-0000", 1, 1'000'000};
    Decision decision =
        reconcile(*collections_.find("t"), stands_ ? &*stands_ : nullptr, operation, writer, 0);
    if (decision.entity) stands_ = std::move(decision.entity);
    return decision.status;
  }

  std::string text() const { return stands_->deleted ? "deleted" : to_text(stands_->data); }

 private:
  Collections collections_;
  std::optional<Entity> stands_;
};

/// Version 3 under lww: alice made a and b at ts 10, and set b at 20 and again at 30.
Evolving edited_under_lww() {
  Evolving one("lww");
  one.write("alice", Op::put, 0, 10, R"({"a":1,"b":1})");
  one.write("alice", Op::patch, 1, 20, R"({"b":2})");
  one.write("alice", Op::patch, 2, 30, R"({"b":3})");
  return one;
}

TEST(ReconcileEvolution, FromLwwToMergeTheLastEditStandsForEveryProperty) {
  Evolving late = edited_under_lww();
  late.file_becomes("merge");
  EXPECT_EQ(late.write("bob", Op::patch, 1, 25, R"({"a":9})"), Status::superseded)
      << "nobody knows that a was left alone";
  Evolving later = edited_under_lww();
  later.file_becomes("merge");
  EXPECT_EQ(later.write("bob", Op::patch, 1, 35, R"({"a":9})"), Status::merged);
  EXPECT_EQ(later.text(), R"({"a":9,"b":3})");
  Evolving seen = edited_under_lww();
  seen.file_becomes("merge");
  EXPECT_EQ(seen.write("bob", Op::patch, 3, 5, R"({"a":9})"), Status::applied) << "it saw the last edit";
}

TEST(ReconcileEvolution, FromLwwToMergeAnEditDoesNotCountForWhatItDidNotTouch) {
  Evolving one = edited_under_lww();
  one.file_becomes("merge");
  EXPECT_EQ(one.write("bob", Op::patch, 3, 50, R"({"a":5})"), Status::applied);
  EXPECT_EQ(one.write("carol", Op::patch, 3, 40, R"({"b":6})"), Status::merged)
      << "since version 3 only a has changed";
  EXPECT_EQ(one.text(), R"({"a":5,"b":6})");
  EXPECT_EQ(one.write("dave", Op::patch, 2, 25, R"({"b":7})"), Status::superseded);
}

TEST(ReconcileEvolution, FromLwwToMergeANewPropertyIsTaken) {
  Evolving one = edited_under_lww();
  one.file_becomes("merge");
  EXPECT_EQ(one.write("bob", Op::patch, 1, 5, R"({"c":1})"), Status::merged);
  EXPECT_EQ(one.text(), R"({"a":1,"b":3,"c":1})");
}

TEST(ReconcileEvolution, FromMergeToLwwTheLastEditDecides) {
  Evolving one("merge");
  one.write("alice", Op::put, 0, 10, R"({"a":1,"b":1})");
  one.write("alice", Op::patch, 1, 40, R"({"a":2})");
  one.write("bob", Op::patch, 1, 20, R"({"b":2})");
  one.file_becomes("lww");
  EXPECT_EQ(one.write("carol", Op::patch, 1, 30, R"({"b":3})"), Status::superseded);
  EXPECT_EQ(one.write("carol", Op::patch, 1, 50, R"({"b":3})"), Status::merged);
}

TEST(ReconcileEvolution, ClocksOfAnEarlierMergeTellNothingOfEditsInBetween) {
  for (const char* between : {"lww", "reject"}) {
    for (const bool whole : {false, true}) {
      Evolving one("merge");
      one.write("alice", Op::put, 0, 10, R"({"a":1,"b":1})");
      one.file_becomes(between);
      one.write("alice", whole ? Op::put : Op::patch, 1, 50, R"({"a":2,"b":1})");
      one.file_becomes("merge");
      EXPECT_EQ(one.write("bob", Op::patch, 1, 20, R"({"a":9})"), Status::superseded) << between;
      EXPECT_EQ(one.text(), R"({"a":2,"b":1})");
    }
  }
}

TEST(ReconcileEvolution, ToRejectOnlyWhatIsConcurrentIsRefused) {
  Evolving one = edited_under_lww();
  one.file_becomes("reject");
  EXPECT_EQ(one.write("bob", Op::patch, 2, 90, R"({"a":9})"), Status::conflict);
  EXPECT_EQ(one.write("bob", Op::patch, 3, 90, R"({"a":9})"), Status::applied);
}

TEST(ReconcileEvolution, APropertyThatBecomesACounterGoesOnFromItsValue) {
  for (const char* policy : {"lww", "merge"}) {
    Evolving one(policy);
    one.write("alice", Op::put, 0, 10, R"({"likes":4})");
    one.file_becomes(policy, R"(,"x-merge":"counter")");
    EXPECT_EQ(one.write("bob", Op::patch, 1, 20, R"({"likes":{"$inc":1}})"), Status::applied);
    EXPECT_EQ(one.write("old app", Op::patch, 2, 30, R"({"likes":9})"), Status::rejected) << "bad_operator";
    EXPECT_EQ(one.text(), R"({"likes":5})");
  }
}

TEST(ReconcileEvolution, ACounterThatBecomesAPlainPropertyIsSetAsOne) {
  for (const char* policy : {"lww", "merge"}) {
    Evolving one(policy, R"(,"x-merge":"counter")");
    one.write("alice", Op::put, 0, 10, R"({"likes":4})");
    one.write("bob", Op::patch, 1, 20, R"({"likes":{"$inc":1}})");
    one.file_becomes(policy);
    EXPECT_EQ(one.write("carol", Op::patch, 2, 30, R"({"likes":9})"), Status::applied);
    EXPECT_EQ(one.write("old app", Op::patch, 3, 40, R"({"likes":{"$inc":1}})"), Status::rejected);
    EXPECT_EQ(one.text(), R"({"likes":9})");
  }
}

}  // namespace
}  // namespace msync
