// The native library's core: when a scope is pulled, and what it makes of pages and deltas that overlap, are late or missing.
#include "core/digest.h"
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientPull : ClientWorld {
  /// At seq 2, with a and b.
  void filled() {
    online();
    page(snapshot({change("a", 1, {{"x", 1}}), change("b", 2, {{"x", 2}})}, 2));
  }
  /// Of a snapshot of `head` that does not end with it.
  static Json first_page(const std::vector<Json>& changes, int to, int head) {
    Json first = snapshot(changes, head);
    first["to"] = to;
    first.erase("n");
    return first;
  }
  static Json rest(int from, int to, int head, const std::vector<Json>& changes, int snap = 0) {
    Json said{{"from", from}, {"to", to}, {"head", head}, {"last", true}, {"changes", Json(changes)}};
    if (snap > 0) said["snap"] = snap;
    if (to == head) said["n"] = 0;
    return said;
  }
  bool settled() { return client->find(scope)->settled(); }
  /// How long until it pulls again.
  std::int64_t until_next_pull() {
    const std::size_t before = count("pull");
    const std::int64_t began = now;
    while (count("pull") == before && now - began < 1'000'000) pass(100);
    return now - began;
  }
};

TEST_F(ClientPull, NothingIsAskedWhileTheBridgeIsAway) {
  connect();
  status("offline");
  const std::size_t before = count("pull");
  pass(60'000);
  EXPECT_EQ(count("pull"), before);
  status("online");
  EXPECT_EQ(count("pull"), before + 1);
}

TEST_F(ClientPull, AnEmptyScopeIsWholeAtOnce) {
  opened();
  EXPECT_TRUE(settled());
  EXPECT_TRUE(state().whole);
}

TEST_F(ClientPull, ASnapshotIsPulledPageByPageOneAtATimeAndThenNoMore) {
  online();
  const std::size_t before = count("pull");
  pass(1'000);
  EXPECT_EQ(count("pull"), before) << "one is under way";
  page(first_page({change("a", 1, {{"x", 1}})}, 1, 3));
  EXPECT_FALSE(settled());
  pass(100);
  EXPECT_EQ(count("pull"), before + 1);
  EXPECT_EQ(pull()["since"], 1);
  EXPECT_EQ(pull()["snap"], 3);
  page(rest(1, 3, 3, {change("b", 3, {{"x", 2}}, 2)}, 3));
  EXPECT_TRUE(settled());
  const std::size_t after = count("pull");
  live({{"from", 3}, {"to", 3}, {"head", 3}, {"changes", Json::array()}});
  pass(1'000'000);
  EXPECT_EQ(count("pull"), after);
  client->find(scope)->want_pull();
  pass(100);
  EXPECT_EQ(pull()["since"], 3) << "unless somebody asks";
  EXPECT_FALSE(pull().contains("snap"));
}

TEST_F(ClientPull, WithoutAnAnswerItAsksAgainAfterLongerAndLongerPauses) {
  online();
  std::int64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t pause = until_next_pull();
    EXPECT_GE(pause, last);
    EXPECT_LE(pause, 10'000 + 60'000 * 3 / 2);
    last = pause;
  }
  EXPECT_GT(last, 60'000);
}

TEST_F(ClientPull, APullThatAQuotaRefusedIsSentAgainAfterTheSilence) {
  online();
  const std::size_t before = count("pull");
  notice({{"code", "quota"},
          {"message", "slow down"},
          {"retry_after_ms", 700},
          {"topic", std::string(scope) + "/pull"}});
  pass(600);
  EXPECT_EQ(count("pull"), before);
  pass(200);
  EXPECT_EQ(count("pull"), before + 1);
}

TEST_F(ClientPull, OnANewConnectionItAsksAtOnce) {
  online();
  const std::size_t before = count("pull");
  client->disconnected();
  online();
  EXPECT_GT(count("pull"), before);
}

TEST_F(ClientPull, WhereAPageGotLostTheRestIsAskedFor) {
  online();
  Json first = first_page({change("a", 1, {{"x", 1}})}, 5, 9);
  first["last"] = false;
  page(first);
  const std::size_t before = count("pull");
  page(rest(7, 9, 9, {change("c", 9, {{"x", 3}})}, 9));
  ASSERT_EQ(count("pull"), before + 1);
  EXPECT_EQ(pull()["since"], 5);
  EXPECT_EQ(pull()["snap"], 9);
  EXPECT_EQ(view("c"), Json());
}

// What was purged is named nowhere: `a` would stay for ever.
TEST_F(ClientPull, APageOfASnapshotThatItIsNotInIsNotApplied) {
  filled();
  client->find(scope)->want_pull(true);
  pass(100);
  page(rest(1, 9, 9, {change("c", 9, {{"x", 3}})}, 9));
  EXPECT_EQ(state().seq, 2u);
  EXPECT_EQ(view("c"), Json());
  page(first_page({change("a", 1, {{"x", 1}})}, 1, 9));
  page(rest(1, 9, 9, {change("c", 9, {{"x", 3}})}));
  EXPECT_EQ(state().seq, 1u) << "of an older pull";
}

TEST_F(ClientPull, OnlyAResetThatAnswersItGoesBack) {
  filled();
  Json other = snapshot({}, 0);
  other["rid"] = "not ours";
  page(other);
  EXPECT_EQ(state().seq, 2u);
  client->find(scope)->want_pull(true);
  pass(100);
  other.erase("rid");
  page(other);
  EXPECT_EQ(state().seq, 0u);
  EXPECT_EQ(view("a"), Json());
}

TEST_F(ClientPull, OfAnOverlappingDeltaOnlyWhatIsNewIsApplied) {
  filled();
  live({{"from", 1},
        {"to", 3},
        {"head", 3},
        {"changes", {change("b", 2, {{"old", 1}}), change("c", 3, {{"x", 3}})}}});
  EXPECT_EQ(state().seq, 3u);
  EXPECT_EQ(view("b"), Json({{"x", 2}}));
  EXPECT_EQ(view("c"), Json({{"x", 3}}));
  Json patch = change("c", 3, {}, 1);
  patch.erase("data");
  patch["patch"] = {{"x", 0}};
  patch["base"] = 0;  // as it was before: it does not fit any more, and need not
  live({{"from", 2}, {"to", 4}, {"head", 4}, {"changes", {patch, change("d", 4, {{"x", 4}})}}});
  EXPECT_EQ(state().seq, 4u);
  EXPECT_EQ(view("c"), Json({{"x", 3}}));
}

TEST_F(ClientPull, WhatIsHereAlreadyIsDropped) {
  filled();
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {change("a", 1, {{"old", 1}})}}});
  EXPECT_EQ(view("a"), Json({{"x", 1}}));
  EXPECT_EQ(state().seq, 2u);
}

TEST_F(ClientPull, LiveDeltasDuringASnapshotAreNotAppliedButTellThatThereIsMore) {
  online();
  page(first_page({change("a", 1, {{"x", 1}})}, 1, 2));
  live({{"from", 2}, {"to", 3}, {"head", 3}, {"changes", {change("c", 3, {{"x", 3}})}}});
  EXPECT_EQ(view("c"), Json());
  pass(100);
  page(rest(1, 2, 2, {change("b", 2, {{"x", 2}})}, 2));
  EXPECT_EQ(state().seq, 2u);
  const std::size_t before = count("pull");
  pass(1'000);
  EXPECT_EQ(count("pull"), before) << "the log may bring it yet";
  pass(3'000);
  ASSERT_EQ(count("pull"), before + 1);
  EXPECT_EQ(pull()["since"], 2);
}

// b changed at 3 and again at 5: the page to 3 leaves it out, and the live delta of 4 knew it as it was at 3.
TEST_F(ClientPull, ALiveDeltaBelowTheHeadOfAPageIsNotHeldAgainstItsDigest) {
  filled();
  client->find(scope)->want_pull(true);
  pass(100);
  page(rest(2, 3, 5, {}));
  live({{"from", 3},
        {"to", 4},
        {"head", 4},
        {"count", 2},
        {"digest", "0123456789abcdef"},
        {"changes", {change("a", 4, {{"x", 4}}, 2)}}});
  EXPECT_EQ(state().seq, 4u);
  EXPECT_EQ(state().mismatches, 0u);
}

TEST_F(ClientPull, TheDigestFitsAfterChangesAndDeletions) {
  filled();
  Digest digest;
  digest.add("b", 2, 104, "bob");
  Json gone = change("a", 3, {}, 2);
  gone.erase("data");
  gone["deleted"] = true;
  live({{"from", 2},
        {"to", 4},
        {"head", 4},
        {"count", 1},
        {"digest", digest.hex()},
        {"changes", {gone, change("b", 4, {{"x", 4}}, 2)}}});
  EXPECT_EQ(state().seq, 4u);
  EXPECT_EQ(state().mismatches, 0u);
}

}  // namespace
}  // namespace msync::client::test
