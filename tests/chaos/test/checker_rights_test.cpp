// The checker on who may read: the seventh promise, and the tokens in force.
#include "tests/chaos/test/histories.h"

namespace msync::chaos {
namespace {

TEST_F(Histories, Seventh_AScopeOfOthersArrives) {
  a_good_life();
  recv("bob:x", "notes/b/log",
       {{"epoch", epoch},
        {"scope", "notes/b"},
        {"from", 0},
        {"to", 0},
        {"head", 0},
        {"changes", Json::array()}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{7}) << said;
}

TEST_F(Histories, Seventh_WhatTheTokenInForceDoesNotGrantArrives) {
  feed("bob:x", "token", {{"iat", 100}, {"taken", 1}, {"rooms", {"a"}}});
  a_good_life();
  feed("bob:x", "token", {{"iat", 200}, {"taken", 2}, {"rooms", {"b"}}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{}) << said;
  log("bob:x", 2, 1, "c0", "bob:x", 1, {{"count", 3}});
  EXPECT_EQ(broken(), Broken{7}) << said;
}

TEST_F(Histories, Seventh_ARenewedTokenMayBeInForceOrTheOneBefore) {
  feed("bob:x", "token", {{"iat", 100}, {"taken", 1}, {"rooms", {"a"}}});
  feed("bob:x", "renewing", {{"rooms", Json::array()}});
  a_good_life();
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{}) << said;
}

TEST_F(Histories, Seventh_ARevokedTokenLetsSomebodyIn) {
  a_good_life();
  all_rest(2, good_documents());
  feed("nemesis", "revoked", {{"user", "bob"}, {"at_s", 100}, {"mono", 1000}, {"wall", 100'000}});
  for (const auto& [iat_s, taken] : {std::pair{100, 900}, {101, 1001}}) {
    feed("bob:x", "token", {{"iat", iat_s}, {"taken", taken}, {"rooms", {"a"}}});
    feed("bob:x", "connected", Json::object());
    EXPECT_EQ(broken(), Broken{}) << said;
  }
  feed("bob:x", "token", {{"iat", 100}, {"taken", 1001}, {"rooms", {"a"}}});
  EXPECT_EQ(broken(), Broken{}) << said << "that it tried is no harm";
  feed("bob:x", "connected", Json::object());
  EXPECT_EQ(broken(), Broken{7}) << said;
}

TEST_F(Histories, Eighth_AnHonestTokenIsRefused) {
  a_good_life();
  all_rest(2, good_documents());
  feed("bob:x", "token_refused",
       {{"notice", {{"message", "the new token is refused: iat is in the future"}}}});
  EXPECT_EQ(broken(), Broken{8}) << said;
  feed("nemesis", "clock", {{"name", "broker"}, {"hours", -3}});
  EXPECT_EQ(broken(), Broken{}) << said;
  feed("bob:x", "token_refused", {{"notice", {{"message", "the new token is refused: no signature"}}}});
  EXPECT_EQ(broken(), Broken{8}) << said;
}

TEST_F(Histories, Seventh_WhatIsSentAfterARevocationArrives) {
  feed("bob:x", "token", {{"iat", 100}, {"taken", 1}, {"rooms", {"a"}}});
  a_good_life();
  all_rest(2, good_documents());
  feed("nemesis", "revoked", {{"user", "bob"}, {"at_s", 100}, {"mono", 1000}, {"wall", 100'000}});
  const auto sent_at = [&](std::int64_t now_ms) {
    recv("bob:x", std::string(scope) + "/log",
         {{"epoch", epoch},
          {"scope", scope},
          {"from", 2},
          {"to", 2},
          {"head", 2},
          {"now", now_ms},
          {"changes", Json::array()}});
  };
  sent_at(101'000);
  EXPECT_EQ(broken(), Broken{}) << said;
  sent_at(103'000);
  EXPECT_EQ(broken(), Broken{7}) << said;
  feed("nemesis", "clock", {{"name", "bridge"}, {"hours", 3}});
  EXPECT_EQ(broken(), Broken{}) << said << "its time may be hours ahead of the nemesis's";
}

}  // namespace
}  // namespace msync::chaos
