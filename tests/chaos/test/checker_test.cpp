// The checker on small histories written by hand: a good one, and for each promise one that breaks it.
#include "tests/chaos/digest.h"
#include "tests/chaos/test/histories.h"

namespace msync::chaos {
namespace {

TEST_F(Histories, AGoodLifeBreaksNothing) {
  a_good_life();
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{}) << said;
}

TEST_F(Histories, First_AnAcknowledgedWriteIsGone) {
  a_good_life();
  all_rest(2, {{"c0", good_documents().at("c0")}});
  EXPECT_TRUE(broken().contains(1)) << said;
}

TEST_F(Histories, First_AnAcknowledgedVersionIsAboveWhatIsThere) {
  a_good_life();
  sends("ann:x", 2, {{"op", "put"}, {"id", "m"}, {"base", 1}, {"data", {{"text", "two"}}}});
  acked("ann:x", 2, "applied", {{{"id", "m"}, {"version", 2}, {"seq", 3}}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{1}) << said;
}

TEST_F(Histories, First_AnIncrementIsMissing) {
  a_good_life();
  sends("ann:x", 2, increment(4));
  covered("ann:x", 2);
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{1}) << said;
}

TEST_F(Histories, First_AChangeIsNotWhatWasAsked) {
  a_good_life();
  sends("ann:x", 2, {{"op", "patch"}, {"id", "m"}, {"base", 1}, {"data", {{"text", "two"}}}});
  acked("ann:x", 2, "applied", {{{"id", "m"}, {"version", 2}, {"seq", 3}}});
  log("bob:x", 3, 2, "m", "ann:x", 2, {{"text", "one"}});
  all_rest(3, {{"m", held(3, 2, "ann", {{"text", "one"}})}, {"c0", good_documents().at("c0")}});
  EXPECT_EQ(broken(), Broken{1}) << said;
}

TEST_F(Histories, First_AnEpochThatNobodyRestored) {
  a_good_life();
  status("bob:x", "2000-b");
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{1}) << said;
}

TEST_F(Histories, First_TheServerForgotNumbers) {
  a_good_life();
  feed("ann:x", "pull",
       {{"scope", scope},
        {"msg", {{"rid", "r"}, {"src", src("ann:x")}, {"epoch", epoch}, {"since", 1}, {"acked", 1}}}});
  recv("ann:x", "sync/ann:x/delta/notes/a",
       {{"rid", "r"},
        {"epoch", epoch},
        {"scope", scope},
        {"from", 2},
        {"to", 2},
        {"head", 2},
        {"n", 0},
        {"changes", Json::array()}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{1}) << said;
}

TEST_F(Histories, Second_AnIncrementCountsTwice) {
  a_good_life();
  log("ann:x", 3, 2, "c0", "bob:x", 1, {{"count", 6}});
  all_rest(3, {{"m", good_documents().at("m")}, {"c0", held(3, 2, "bob", {{"count", 6}})}});
  EXPECT_TRUE(broken().contains(2)) << said;
}

TEST_F(Histories, Second_ACounterIsAboveItsIncrements) {
  a_good_life();
  all_rest(2, {{"m", good_documents().at("m")}, {"c0", held(2, 1, "bob", {{"count", 4}})}});
  EXPECT_EQ(broken(), Broken{2}) << said;
}

TEST_F(Histories, Third_OneSeqIsTwoChanges) {
  a_good_life();
  log("bob:x", 2, 1, "other", "ann:x", 1, {{"text", "one"}});
  all_rest(2, good_documents());
  EXPECT_TRUE(broken().contains(3)) << said;
}

TEST_F(Histories, Third_AVersionIsSkipped) {
  a_good_life();
  sends("ann:x", 2, {{"op", "put"}, {"id", "m"}, {"base", 1}, {"data", {{"text", "two"}}}});
  acked("ann:x", 2, "applied", {{{"id", "m"}, {"version", 3}, {"seq", 3}}});
  all_rest(3, {{"m", held(3, 3, "ann", {{"text", "two"}})}, {"c0", good_documents().at("c0")}});
  EXPECT_EQ(broken(), Broken{3}) << said;
}

TEST_F(Histories, Fourth_AClientHoldsSomethingElse) {
  a_good_life();
  all_rest(2, good_documents());
  rests("bob:x", 2, {{"m", held(1, 1, "ann", {{"text", "one!"}})}, {"c0", good_documents().at("c0")}});
  EXPECT_EQ(broken(), Broken{4}) << said;
}

TEST_F(Histories, Fourth_TheServerNamesAnotherDigest) {
  a_good_life();
  recv("bob:x", "notes/a/log",
       {{"epoch", epoch},
        {"scope", scope},
        {"from", 2},
        {"to", 2},
        {"head", 2},
        {"count", 2},
        {"digest", "0123456789abcdef"},
        {"changes", Json::array()}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{4}) << said;
}

TEST_F(Histories, Sixth_ADeletedEntityComesBackByAPatch) {
  a_good_life();
  sends("bob:x", 2, {{"op", "delete"}, {"id", "m"}, {"base", 1}});
  acked("bob:x", 2, "applied", {{{"id", "m"}, {"version", 2}, {"seq", 3}}});
  log("ann:x", 3, 2, "m", "bob:x", 2, nullptr);
  sends("ann:x", 2, {{"op", "patch"}, {"id", "m"}, {"base", 1}, {"data", {{"text", "two"}}}});
  acked("ann:x", 2, "applied", {{{"id", "m"}, {"version", 3}, {"seq", 4}}});
  log("bob:x", 4, 3, "m", "ann:x", 2, {{"text", "two"}});
  all_rest(4, {{"m", held(4, 3, "ann", {{"text", "two"}})}, {"c0", good_documents().at("c0")}});
  EXPECT_EQ(broken(), Broken{6}) << said;
}

TEST_F(Histories, Sixth_ADeletedEntityIsStillThere) {
  a_good_life();
  sends("bob:x", 2, {{"op", "delete"}, {"id", "m"}, {"base", 1}});
  acked("bob:x", 2, "applied", {{{"id", "m"}, {"version", 2}, {"seq", 3}}});
  log("ann:x", 3, 2, "m", "bob:x", 2, nullptr);
  all_rest(3, good_documents());
  EXPECT_TRUE(broken().contains(6)) << said;
}

TEST_F(Histories, Eighth_AWriteIsNeverAnswered) {
  a_good_life();
  sends("ann:x", 2, {{"op", "delete"}, {"id", "m"}, {"base", 1}});
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{8}) << said;
}

TEST_F(Histories, Eighth_OneNumberHasTwoOutcomes) {
  a_good_life();
  acked("ann:x", 1, "conflict", Json::array());
  all_rest(2, good_documents());
  EXPECT_EQ(broken(), Broken{8}) << said;
}

TEST_F(Histories, Eighth_AClientDoesNotComeToRest) {
  a_good_life();
  rests("ann:x", 2, good_documents());
  rests("auditor:r1", 2, good_documents());
  EXPECT_EQ(broken(), Broken{8}) << said;
  EXPECT_NE(Checker(facts).missing(1).find("bob:x"), std::string::npos);
}

TEST_F(Histories, Ninth_AClientRestsBelowTheHead) {
  a_good_life();
  all_rest(2, good_documents());
  rests("bob:x", 1, {{"m", good_documents().at("m")}});
  EXPECT_EQ(broken(), Broken{9}) << said;
}

/// A backup of seq 1 is restored: bob's increment is gone.
class Restored : public Histories {
 protected:
  Restored() {
    a_good_life();
    feed("nemesis", "restore", {{"epoch", "2000-b"}, {"from", epoch}, {"heads", {{scope, 1}}}});
    status("bob:x", "2000-b");
  }
  void bob_reports(const Json& lost) {
    feed("bob:x", "moved", {{"scope", scope}, {"epoch", "2000-b"}, {"lost", lost}});
  }
  static Json restored() { return {{"m", good_documents().at("m")}}; }
};

TEST_F(Restored, WhatIsLostAndReportedIsNoFault) {
  bob_reports({"bob:x 1"});
  all_rest(1, restored(), "2000-b");
  EXPECT_EQ(broken(), Broken{}) << said;
}

TEST_F(Restored, Tenth_WhatIsLostIsNotReported) {
  bob_reports(Json::array());
  all_rest(1, restored(), "2000-b");
  EXPECT_EQ(broken(), Broken{10}) << said;
}

TEST_F(Restored, Tenth_WhatIsThereIsReportedAsLost) {
  bob_reports({"bob:x 1"});
  feed("ann:x", "moved", {{"scope", scope}, {"epoch", "2000-b"}, {"lost", {"ann:x 1"}}});
  all_rest(1, restored(), "2000-b");
  EXPECT_EQ(broken(), Broken{10}) << said;
}

TEST_F(Restored, Tenth_TheRestoredHistoryIsAnother) {
  bob_reports({"bob:x 1"});
  log("bob:x", 1, 1, "other", "ann:x", 1, {{"text", "one"}}, "2000-b");
  all_rest(1, restored(), "2000-b");
  EXPECT_TRUE(broken().contains(10)) << said;
}

TEST(ChaosDigest, HasTheVectorsOfTheProtocol) {
  Digest digest;
  EXPECT_EQ(digest.text(), "0000000000000000");
  digest.add("m1", 1, 1795232472123, "alice");
  EXPECT_EQ(digest.text(), "2c5071aab29bd843");
  digest.add("m2", 3, 1795232472201, "bob");
  EXPECT_EQ(digest.text(), "e579c33dca8979a1");
  digest.remove("m1", 1, 1795232472123, "alice");
  EXPECT_EQ(digest.text(), "b929519317eda15e");
  digest.remove("m2", 3, 1795232472201, "bob");
  digest.add("größe-✓", 9007199254740991, 0, "Ærøskøbing");
  EXPECT_EQ(digest.text(), "8bc17bbf8eaf46b2");
}

}  // namespace
}  // namespace msync::chaos
