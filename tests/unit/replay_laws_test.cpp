// Laws of numbers, through the committer and a store: whatever is sent again, in whatever pieces, everything is applied
// once. docs/protocol.md, "What always holds", 2 and 8.
#include "bridge_fixture.h"
#include "laws.h"

using namespace msync;
using msync::laws::any_of_range;

namespace {

class ReplayLaws : public BridgeFixture {
 protected:
  ReplayLaws() {
    address = "sqlite::memory:replay-laws";
    reopen();
    reader = std::move(*open_reader(address));
  }

  /// One mutation for two entities: an operation, or a group of some, of which many are refused.
  static Json mutation() {
    const auto operation = [] {
      const int value = *any_of_range(0, 10);
      Json made{{"id", *rc::gen::element<std::string>("a", "b")},
                {"op", *rc::gen::element<std::string>("put", "patch", "patch", "delete", "fly")}};
      if (*rc::gen::arbitrary<bool>()) made["base"] = *any_of_range(0, 5);
      made["data"] = Json{{"text", "t" + std::to_string(value)}};
      if (made["op"] == "patch") made["data"] = Json{{"likes", {{"$inc", value % 3}}}};
      return made;
    };
    const int size = *any_of_range(0, 4);
    if (size == 0) return operation();
    Json group = Json::array();
    for (int i = 0; i < size; ++i) group.push_back(operation());
    return group;
  }

  Inbound part(const std::string& scope, const std::vector<Json>& mutations, std::size_t from,
               std::size_t count) {
    const Json some(Json::array_t(mutations.begin() + static_cast<std::ptrdiff_t>(from),
                                  mutations.begin() + static_cast<std::ptrdiff_t>(from + count)));
    return inbound("alice:phone", in(src_a, from + 1, to_text(some)), Leaf::in, scope);
  }

  /// The scope's documents, head and digest, and the numbers used up.
  std::string state(const std::string& scope) {
    Pull request{"r", src_a, epoch, 0};
    std::string text;
    for (const Delta& page : pull(request, "alice", scope)) {
      for (const Change& change : page.changes) {
        text += change.id + " " + std::to_string(change.version) + " " + std::to_string(change.seq) + " n " +
                std::to_string(change.n) + " " + (change.deleted ? "deleted" : change.data) + "\n";
      }
      text += "head " + std::to_string(page.head) + " " + page.digest + " n " +
              std::to_string(page.n.value_or(0));
    }
    return text;
  }

  int cases = 0;
};

}  // namespace

TEST_F(ReplayLaws, WhateverIsSentAgainInWhateverPiecesIsAppliedOnce) {
  const bool holds = rc::check([this] {
    const std::string once = "notes/once-" + std::to_string(++cases);
    const std::string often = "notes/often-" + std::to_string(cases);
    std::vector<Json> mutations(*any_of_range<std::size_t>(1, 9));
    for (Json& made : mutations) made = mutation();
    RC_LOG() << to_text(Json(mutations)) << "\n";
    commit({part(once, mutations, 0, mutations.size())});

    // Pieces that begin anywhere, also behind a gap, some of them together in one commit, and at last all of it.
    const auto pieces = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(any_of_range(0, 8), any_of_range(1, 9)));
    std::vector<Inbound> batch;
    for (const auto& [begin, length] : pieces) {
      const std::size_t from = static_cast<std::size_t>(begin) % mutations.size();
      const std::size_t count = std::min(static_cast<std::size_t>(length), mutations.size() - from);
      RC_LOG() << "n " << from + 1 << " to " << from + count << "\n";
      batch.push_back(part(often, mutations, from, count));
      if (length % 2 == 0) commit(std::exchange(batch, {}));
    }
    batch.push_back(part(often, mutations, 0, mutations.size()));
    commit(std::move(batch));

    RC_ASSERT(state(often) == state(once));
  });
  EXPECT_TRUE(holds);
}

TEST_F(ReplayLaws, AnAckSaysOfARepeatWhatItSaidBeforeUnlessThatIsForgotten) {
  const bool holds = rc::check([this] {
    const std::string scope = "notes/said-" + std::to_string(++cases);
    std::vector<Json> mutations(*any_of_range<std::size_t>(1, 9));
    for (Json& made : mutations) made = mutation();
    RC_LOG() << to_text(Json(mutations)) << "\n";
    const auto acked = [&] {
      const Committed done = commit({part(scope, mutations, 0, mutations.size())});
      return *decode_ack(done.replies.at(0).payload);
    };
    const Ack first = acked();
    const Ack second = acked();
    RC_ASSERT(first.n == mutations.size());
    RC_ASSERT(second.n == first.n);
    RC_ASSERT(second.head == first.head);
    for (std::size_t i = 0; i < mutations.size(); ++i) {
      MutationResult again = second.results.at(i);
      RC_ASSERT(again.duplicate);
      if (first.results.at(i).status == Status::applied) {
        RC_ASSERT(again.status == Status::processed);
      } else {
        again.duplicate = false;
        RC_ASSERT(again == first.results.at(i));
      }
    }
  });
  EXPECT_TRUE(holds);
}
