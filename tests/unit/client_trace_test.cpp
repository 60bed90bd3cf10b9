// The native library's core: what it tells of the confirmed state to who asks for it, and what it leaves out where nothing is
// kept.
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientTrace : ClientWorld {
  ClientTrace() {
    manner = {.stored = false, .traced = true};
    others.clear();
    restart();
    events.clear();
  }

  /// Since the last time: "b have v1 -> v3", "a gone v1", "gap 9", "digest 2".
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    const auto version = [](const std::optional<Confirmed>& row) {
      return row ? "v" + std::to_string(row->version) : std::string("none");
    };
    for (const Event& event : std::exchange(events, {})) {
      if (const auto* it = std::get_if<ConfirmedChange>(&event)) {
        lines.push_back(it->change.id + (it->snapshot ? " in a snapshot " : " ") + version(it->before) +
                        " -> " + version(it->after));
      } else if (const auto* gap = std::get_if<GapFound>(&event)) {
        lines.push_back("gap " + std::to_string(gap->to));
      } else if (const auto* digest = std::get_if<DigestDiffered>(&event)) {
        lines.push_back("digest " + std::to_string(digest->seq) + (digest->again ? " again" : ""));
      }
    }
    return lines;
  }
  /// At seq 2, with a and b.
  void filled() {
    online();
    page(snapshot({change("a", 1, {{"x", 1}}), change("b", 2, {{"x", 2}})}, 2));
    told();
  }
  void pull_again() {
    client->find(scope)->want_pull(true);
    pass(100);
  }
};

using Lines = std::vector<std::string>;

TEST_F(ClientTrace, EachChangeIsToldOnceInOrderWithWhatWasBefore) {
  online();
  page(snapshot({change("b", 1, {{"x", 1}}), change("a", 2, {{"x", 2}})}, 2));
  EXPECT_EQ(told(), (Lines{"b in a snapshot none -> v1", "a in a snapshot none -> v1"}));
  Json gone = change("b", 4, {}, 2);
  gone.erase("data");
  gone["deleted"] = true;
  live({{"from", 2}, {"to", 4}, {"head", 4}, {"changes", {change("c", 3, {{"x", 3}}), gone}}});
  EXPECT_EQ(told(), (Lines{"c none -> v1", "b v1 -> none"}));
  live({{"from", 3}, {"to", 5}, {"head", 5}, {"changes", {gone, change("a", 5, {{"x", 5}}, 2)}}});
  EXPECT_EQ(told(), Lines{"a v1 -> v2"});
}

TEST_F(ClientTrace, ASnapshotTellsWhatDiffersAndThenWhatItDidNotName) {
  filled();
  pull_again();
  page(snapshot({change("a", 1, {{"x", 1}}), change("b", 2, {{"x", 2}})}, 2));
  EXPECT_EQ(told(), Lines{});
  pull_again();
  page(snapshot({change("b", 9, {{"x", 9}}, 3)}, 9));
  EXPECT_EQ(told(), (Lines{"b in a snapshot v1 -> v3", "a in a snapshot v1 -> none"}));
}

TEST_F(ClientTrace, GapsAreTold) {
  filled();
  live({{"from", 8}, {"to", 9}, {"head", 9}, {"changes", {change("c", 9, {{"x", 9}})}}});
  EXPECT_EQ(told(), Lines{"gap 9"});
}

TEST_F(ClientTrace, ADigestThatDoesNotFitIsToldAgainAfterTheSnapshot) {
  filled();
  const Json wrong{{"from", 2},
                   {"to", 2},
                   {"head", 2},
                   {"count", 2},
                   {"digest", "0000000000000000"},
                   {"changes", Json::array()}};
  live(wrong);
  EXPECT_EQ(told(), Lines{"digest 2"});
  pass(1'000);
  EXPECT_EQ(pull()["since"], 0);
  Json all = snapshot({change("a", 1, {{"x", 1}}), change("b", 2, {{"x", 2}})}, 2);
  all.update(Json{{"count", 2}, {"digest", "0000000000000000"}});
  page(all);
  live(wrong);
  EXPECT_EQ(told(), (Lines{"digest 2 again", "digest 2 again"}));
}

TEST_F(ClientTrace, WhereNothingIsKeptNoRowsAreMadeAndTheServerIsNotToldWhatWasSeen) {
  filled();
  put("c", {{"x", 3}});
  pass(600'000);
  EXPECT_TRUE(documents.empty());
  EXPECT_TRUE(others.empty());
  EXPECT_EQ(count("seen"), 0u);
  EXPECT_EQ(view("c"), Json({{"x", 3}}));
}

TEST_F(ClientTrace, NobodyIsToldWhoDoesNotAsk) {
  manner = {};
  restart();
  filled();
  EXPECT_EQ(told(), Lines{});
  pass(600'000);
  EXPECT_EQ(count("seen"), 1u);
}

}  // namespace
}  // namespace msync::client::test
