// Atomic groups, under every policy: wholly or not at all, and one number.
#include "bridge_fixture.h"

using namespace msync;

namespace {

class CommitterGroup : public BridgeFixture {
 protected:
  /// A fresh scope of a collection with this policy, in which carol has made a and b.
  void use(const std::string& policy) {
    std::string text = schema;
    text.replace(text.find(R"("access")"), 0, R"("conflict":")" + policy + R"(",)");
    auto loaded = Collections::load({{"notes.json", text}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    collections = std::make_shared<const Collections>(std::move(loaded.collections));
    scope = "notes/" + policy;
    write("carol:desk", src_c, 1,
          R"([{"op":"put","id":"a","base":0,"ts":10,"data":{"text":"old"}},
              {"op":"put","id":"b","base":0,"ts":10,"data":{"text":"old"}}])");
  }

  Ack write(const std::string& client, const char* src, std::uint64_t n, const std::string& mutations) {
    const Committed done = commit({inbound(client, in(src, n, mutations), Leaf::in, scope)});
    return *decode_ack(done.replies.at(0).payload);
  }

  /// The scope's documents, head, count and digest.
  std::string state() {
    std::string text;
    for (const Delta& page : pull({"r", "", epoch, 0}, "alice", scope)) {
      for (const Change& change : page.changes) {
        text += change.id + std::to_string(change.version) + (change.deleted ? "deleted" : change.data) + " ";
      }
      text += "head " + std::to_string(page.head) + " " + page.digest;
    }
    return text;
  }

  static constexpr const char* src_c = "cccccccccccccccc";
  std::string scope;
};

const std::vector<std::string> policies{"lww", "reject", "merge"};

}  // namespace

TEST_F(CommitterGroup, OneRefusedOperationUndoesAllAndUsesOneNumber) {
  // Each last operation is refused for another reason; what goes before it is fine by itself.
  const std::vector<std::pair<std::string, Code>> refused{
      {R"({"op":"put","id":"b","base":1,"data":{"text":7}})", Code::invalid},
      {R"({"op":"patch","id":"b","base":1,"data":{"likes":{"$inc":6}}})", Code::invalid},
      {R"({"op":"patch","id":"b","base":1,"data":{"likes":6}})", Code::bad_operator},
      {R"({"op":"put","id":"b","base":9,"data":{"text":"x"}})", Code::version_ahead},
      {R"({"op":"fly","id":"b"})", Code::unknown_op},
      {R"({"op":"put","id":"b/c","data":{"text":"x"}})", Code::bad_id},
      {R"({"op":"noop"})", Code::unknown_op}};
  for (const auto& policy : policies) {
    use(policy);
    const std::string before = state();
    std::uint64_t n = 0;
    for (const auto& [operation, code] : refused) {
      const Ack ack = write("alice:phone", src_a, ++n,
                            R"([[{"op":"put","id":"a","base":1,"ts":20,"data":{"text":"x"}},
          {"op":"put","id":"c","base":0,"data":{"text":"x"}},{"op":"delete","id":"c","base":1},)" +
                                operation + "]]");
      ASSERT_EQ(ack.results.size(), 1U) << policy << operation;
      EXPECT_EQ(ack.n, n) << "one number, used up";
      EXPECT_EQ(ack.results[0].status, Status::rejected) << policy << operation;
      EXPECT_EQ(ack.results[0].error->code, code) << policy << operation;
      EXPECT_EQ(ack.results[0].op, 3U) << policy << operation;
      EXPECT_TRUE(ack.results[0].changes.empty());
      EXPECT_EQ(state(), before) << policy << operation;
    }
  }
}

TEST_F(CommitterGroup, WhatAPolicyRefusesUndoesAllOfIt) {
  for (const auto& policy : policies) {
    use(policy);
    write("bob:phone", src_b, 1, R"([{"op":"put","id":"b","base":1,"ts":50,"data":{"text":"bob"}}])");
    const std::string before = state();
    const Ack ack = write("alice:phone", src_a, 1,
                          R"([[{"op":"put","id":"a","base":1,"ts":20,"data":{"text":"x"}},
        {"op":"put","id":"b","base":1,"ts":21,"data":{"text":"x"}}],
        {"op":"put","id":"c","base":0,"data":{"text":"alone"}}])");
    const auto& group = ack.results.at(0);
    EXPECT_EQ(group.status, policy == "reject" ? Status::conflict : Status::superseded) << policy;
    EXPECT_EQ(group.op, 1U) << policy;
    ASSERT_TRUE(group.standing) << policy;
    EXPECT_EQ(*group.standing, (Landing{"b", 2, 3})) << "what stands is named";
    EXPECT_EQ(ack.results.at(1).changes, (std::vector<Landing>{{"c", 1, 4}})) << "the next number goes on";
    EXPECT_EQ(ack.n, 2U);
    EXPECT_NE(state().find(R"(a1{"text":"old"})"), std::string::npos) << policy << state();
    EXPECT_NE(state(), before);
  }
}

TEST_F(CommitterGroup, WhatOneOperationMadeTheNextOneSees) {
  for (const auto& policy : policies) {
    use(policy);
    // The second is its own successor, whatever its base; the last one counts what the others made.
    const Ack ack = write("alice:phone", src_a, 1,
                          R"([[{"op":"put","id":"a","base":1,"ts":20,"data":{"text":"1"}},
        {"op":"patch","id":"a","base":1,"ts":21,"data":{"text":"2"}},{"op":"delete","id":"b","base":1,"ts":22},
        {"op":"put","id":"b","base":1,"ts":23,"data":{"text":"3"}},
        {"op":"patch","id":"a","data":{"likes":{"$inc":3}}},{"op":"patch","id":"a","data":{"likes":{"$inc":2}}}]])");
    ASSERT_EQ(ack.results.size(), 1U);
    EXPECT_EQ(ack.results[0].status, Status::applied) << policy;
    EXPECT_EQ(
        ack.results[0].changes,
        (std::vector<Landing>{{"a", 2, 3}, {"a", 3, 4}, {"b", 2, 5}, {"b", 3, 6}, {"a", 4, 7}, {"a", 5, 8}}))
        << policy;
    EXPECT_NE(state().find(R"(a5{"likes":5,"text":"2"})"), std::string::npos) << state();
    const Ack more = write("alice:phone", src_a, 2,
                           R"([[{"op":"patch","id":"b","data":{"likes":{"$inc":1}}},
        {"op":"patch","id":"a","data":{"likes":{"$inc":1}}}]])");
    EXPECT_EQ(more.results[0].error->code, Code::invalid) << "6 likes are above the schema's maximum";
    EXPECT_EQ(more.results[0].error->path, "/likes");
    EXPECT_EQ(more.head, 8U) << policy;
  }
}

TEST_F(CommitterGroup, ARefusedOneIsAnsweredAgainAsItWas) {
  for (const auto& policy : policies) {
    use(policy);
    const char* group = R"([[{"op":"put","id":"a","base":1,"data":{"text":"x"}},
        {"op":"patch","id":"b","base":1,"data":{"likes":{"$inc":9}}}]])";
    const Ack first = write("alice:phone", src_a, 1, group);
    Ack again = write("alice:phone", src_a, 1, group);
    EXPECT_TRUE(again.results.at(0).duplicate) << policy;
    again.results.at(0).duplicate = false;
    EXPECT_EQ(again.results, first.results) << policy;
    EXPECT_EQ(first.results.at(0).error->path, "/likes");
  }
}

TEST_F(CommitterGroup, AMergedOneSaysSoForTheWhole) {
  use("merge");
  write("bob:phone", src_b, 1, R"([{"op":"patch","id":"b","base":1,"ts":50,"data":{"bob":1}}])");
  const Ack ack = write("alice:phone", src_a, 1,
                        R"([[{"op":"patch","id":"b","base":1,"ts":20,"data":{"text":"x"}},
      {"op":"put","id":"a","base":1,"ts":21,"data":{"text":"x"}}]])");
  EXPECT_EQ(ack.results.at(0).status, Status::merged);
  EXPECT_EQ(ack.results.at(0).changes, (std::vector<Landing>{{"b", 3, 4}, {"a", 2, 5}}));
}
