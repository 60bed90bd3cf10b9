#include "bridge/schema_judge.h"

#include "bridge_fixture.h"

namespace msync {
namespace {

class SchemaJudgeTest : public BridgeFixture {
 protected:
  SchemaJudgeTest() {
    send(src_a, 1, R"([{"op":"put","id":"a","base":0,"data":{"text":"short"}},
                       {"op":"put","id":"b","base":0,"data":{"text":"a longer text"}},
                       {"op":"put","id":"gone","base":0,"data":{"text":"a longer text, too"}},
                       {"op":"delete","id":"gone","base":1}])");
  }

  /// The collection with another rule for its text, or another x-sync.
  static Collections with(const std::string& text_rule, const std::string& sync = "") {
    auto loaded =
        Collections::load({{"notes.json", R"({"type":"object","properties":{"text":{"type":"string")" +
                                              text_rule + R"(}},"x-sync":{"topic":"notes/{x}")" + sync +
                                              R"(,"access":[{"allow":["read"]}]}})"}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    return std::move(loaded.collections);
  }

  /// The verdict on the only collection.
  Verdict judge(const Collections& now, const Heads& from = {}, SchemaJudge::Progress progress = {}) {
    SchemaJudge judge(std::move(progress));
    const auto view = reader->view();
    const auto verdicts = judge.judge(*view, {now.find("notes")}, from);
    heads = judge.read_up_to();
    return verdicts && verdicts->size() == 1 ? verdicts->front() : Verdict{};
  }

  void accept(const Collections& now) {
    store->begin();
    for (const Collection& one : now.all()) store->save_accepted(one.name, one.fingerprint);
    store->commit();
  }

  std::size_t changed(const Collections& now) { return SchemaJudge::changed(*reader->view(), now).size(); }

  Heads heads;
};

TEST_F(SchemaJudgeTest, AWiderSchemaTakesEverythingAndDeletedDocumentsDoNotCount) {
  const Collections now = with("");
  const Verdict verdict = judge(now);
  EXPECT_EQ(verdict.documents, 2U);
  EXPECT_EQ(verdict.unfit, 0U);
}

TEST_F(SchemaJudgeTest, ANarrowerOneNamesWhatWouldNotFitAndWhy) {
  const Collections now = with(R"(,"maxLength":5)");
  const Verdict verdict = judge(now);
  EXPECT_EQ(verdict.documents, 2U);
  EXPECT_EQ(verdict.unfit, 1U);
  ASSERT_EQ(verdict.first.size(), 1U);
  EXPECT_EQ(verdict.first[0].scope, "notes/1");
  EXPECT_EQ(verdict.first[0].id, "b");
  EXPECT_EQ(verdict.first[0].error.code, Code::invalid);
  EXPECT_EQ(verdict.first[0].error.path, "/text");
  const auto lines = lines_of(verdict);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "1 of 2 documents of notes would not fit notes.json");
  EXPECT_EQ(lines[1].find(R"(scope "notes/1" id "b" at /text: invalid, )"), 0U) << lines[1];
}

TEST_F(SchemaJudgeTest, ASmallerMaxBytesCountsToo) {
  const Collections now = with("", R"(,"max_bytes":20)");
  const Verdict verdict = judge(now);
  EXPECT_EQ(verdict.unfit, 1U);
  EXPECT_EQ(verdict.first.at(0).error.code, Code::too_large);
}

TEST_F(SchemaJudgeTest, OfManyTheFirstAreNamedAndAllAreCounted) {
  std::string many = "[";
  for (int i = 0; i < 50; ++i)
    many += std::string(i ? "," : "") + (R"({"op":"put","id":"x)" + std::to_string(i)) +
            R"(","data":{"text":"far too long"}})";
  send(src_a, 5, many + "]");
  const Collections now = with(R"(,"maxLength":5)");
  const Verdict verdict = judge(now);
  EXPECT_EQ(verdict.unfit, 51U);
  EXPECT_EQ(verdict.first.size(), limits::problems_shown);
  const auto lines = lines_of(verdict);
  EXPECT_EQ(lines[lines.size() - 2], "and 31 more");
}

TEST_F(SchemaJudgeTest, WhatWasReadOnceIsNotReadAgain) {
  const Collections now = with(R"(,"maxLength":5)");
  judge(now);
  const Heads before = heads;
  send(src_a, 5, R"([{"op":"put","id":"new","base":0,"data":{"text":"written meanwhile"}}])");
  const Verdict verdict = judge(now, before);
  EXPECT_EQ(verdict.documents, 1U);
  EXPECT_EQ(verdict.first.at(0).id, "new");
}

TEST_F(SchemaJudgeTest, ItEndsWhenItIsToldTo) {
  std::string many = "[";
  for (int i = 0; i < 499; ++i)
    many += std::string(i ? "," : "") + (R"({"op":"put","id":"x)" + std::to_string(i)) +
            R"(","data":{"text":"x"}})";
  send(src_a, 5, many + "]");
  std::uint64_t read = 0, total = 0;
  const Collections now = with("");
  const Verdict verdict = judge(now, {}, [&](std::uint64_t done, std::uint64_t of) {
    read = done;
    total = of;
    return false;
  });
  EXPECT_EQ(verdict.collection, nullptr) << "no verdict";
  EXPECT_LT(read, 500U);
  EXPECT_EQ(total, 501U);
}

TEST_F(SchemaJudgeTest, ACollectionIsChangedUntilItsFilesFingerprintIsAccepted) {
  const Collections now = with("");
  EXPECT_EQ(changed(now), 1U) << "nobody knows what it was held against";
  accept(now);
  EXPECT_EQ(changed(now), 0U);
  EXPECT_EQ(changed(with(R"(,"maxLength":5)")), 1U);
  EXPECT_EQ(changed(with("", R"(,"max_bytes":20)")), 1U);
  EXPECT_EQ(changed(with("", R"(,"conflict":"merge","history":"1d","retain_docs":true)")), 0U)
      << "what says nothing of a document costs no look at any";
}

TEST_F(SchemaJudgeTest, AStoreWithoutDocumentsOfACollectionTakesAnySchema) {
  auto loaded = Collections::load({{"empty.json", R"({"type":"object","required":["x"],
    "x-sync":{"topic":"empty/{x}","access":[{"allow":["read"]}]}})"}});
  SchemaJudge judge({});
  const auto verdicts = judge.judge(*reader->view(), {loaded.collections.find("empty")});
  ASSERT_TRUE(verdicts);
  EXPECT_EQ(verdicts->front().documents, 0U);
}

}  // namespace
}  // namespace msync
