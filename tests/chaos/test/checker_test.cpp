// The checker on small histories written by hand: a good one, and for each promise one that breaks it.
#include "tests/chaos/check/checker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/chaos/digest.h"

namespace msync::chaos {
namespace {

constexpr const char* scope = "notes/a";
constexpr const char* epoch = "1000-a";

/// Two writers and a fresh reader of one scope; the server's log is what change() says.
class Histories : public testing::Test {
 protected:
  Histories() {
    for (const auto& name : {"ann:x", "bob:x"}) start(name, false);
    start("auditor:r1", true);
    status("ann:x", epoch);
  }

  void start(const std::string& name, bool reader) {
    feed(name, "start",
         {{"client", name}, {"user", name.substr(0, 3)}, {"scopes", {scope}}, {"reader", reader}});
  }
  void status(const std::string& name, const std::string& of) {
    recv(name, "sync/status", {{"state", "online"}, {"epoch", of}});
  }
  void feed(const std::string& file, const char* event, Json line) {
    line["ev"] = event;
    facts.feed(file, line);
  }
  void recv(const std::string& name, const std::string& topic, const Json& message) {
    feed(name, "recv", {{"topic", topic}, {"msg", message}});
  }

  static std::string src(const std::string& name) { return "src-" + name; }

  /// `name` asks and sends; the write's uid is "<name> <n>".
  void sends(const std::string& name, std::uint64_t n, const Json& mutation, const std::string& of = epoch) {
    const std::string uid = name + " " + std::to_string(n);
    feed(name, "ask", {{"scope", scope}, {"uid", uid}, {"mutation", mutation}});
    feed(name, "send",
         {{"scope", scope},
          {"uids", {uid}},
          {"msg", {{"epoch", of}, {"src", src(name)}, {"n", n}, {"mutations", {mutation}}}}});
  }
  void acked(const std::string& name, std::uint64_t n, const std::string& status, const Json& changes,
             bool covers = true) {
    recv(name, "sync/" + name + "/ack/" + scope,
         {{"epoch", epoch},
          {"scope", scope},
          {"src", src(name)},
          {"n", n},
          {"head", 1},
          {"results", {{{"n", n}, {"status", status}, {"changes", changes}}}}});
    if (covers) covered(name, n);
  }
  void covered(const std::string& name, std::uint64_t n) {
    feed(name, "covered",
         {{"scope", scope}, {"epoch", epoch}, {"writes", {{n, name + " " + std::to_string(n)}}}});
  }
  /// A change on the log, as `to` reads it.
  void log(const std::string& to, std::uint64_t seq, std::uint64_t version, const std::string& id,
           const std::string& by, std::uint64_t n, const Json& data, const std::string& of = epoch) {
    Json change = {
        {"id", id},       {"seq", seq}, {"version", version}, {"ts", 100 + seq}, {"by", by.substr(0, 3)},
        {"src", src(by)}, {"n", n}};
    if (data.is_null())
      change["deleted"] = true;
    else
      change["data"] = data;
    recv(to, std::string(scope) + "/log",
         {{"epoch", of},
          {"scope", scope},
          {"from", seq - 1},
          {"to", seq},
          {"head", seq},
          {"changes", {change}}});
  }
  static Json held(std::uint64_t seq, std::uint64_t version, const std::string& by, const Json& data) {
    return {{"seq", seq}, {"version", version}, {"ts", 100 + seq}, {"by", by}, {"data", data}};
  }
  void rests(const std::string& name, std::uint64_t seq, const Json& documents,
             const std::string& of = epoch) {
    feed(name, "settled",
         {{"quiet", 1},
          {"scopes",
           {{scope,
             {{"epoch", of}, {"seq", seq}, {"digest", ""}, {"outbox", 0}, {"documents", documents}}}}}});
  }
  void all_rest(std::uint64_t seq, const Json& documents, const std::string& of = epoch) {
    for (const auto& name : {"ann:x", "bob:x", "auditor:r1"}) rests(name, seq, documents, of);
  }

  /// The promises that are broken, each once.
  std::set<int> broken() {
    std::set<int> numbers;
    said.clear();
    for (const auto& v : Checker(facts).verify(1)) {
      numbers.insert(v.invariant);
      said += std::to_string(v.invariant) + " " + v.what + "\n";
    }
    return numbers;
  }

  /// ann puts m, bob reads it, counts c to 3 and deletes nothing.
  void a_good_life() {
    sends("ann:x", 1, {{"op", "put"}, {"id", "m"}, {"base", 0}, {"data", {{"text", "one"}}}});
    acked("ann:x", 1, "applied", {{{"id", "m"}, {"version", 1}, {"seq", 1}}});
    log("bob:x", 1, 1, "m", "ann:x", 1, {{"text", "one"}});
    sends("bob:x", 1, increment(3));
    acked("bob:x", 1, "applied", {{{"id", "c0"}, {"version", 1}, {"seq", 2}}});
    log("ann:x", 2, 1, "c0", "bob:x", 1, {{"count", 3}});
  }
  static Json increment(int by) {
    return {{"op", "patch"}, {"id", "c0"}, {"base", 0}, {"data", {{"count", {{"$inc", by}}}}}};
  }
  static Json good_documents() {
    return {{"m", held(1, 1, "ann", {{"text", "one"}})}, {"c0", held(2, 1, "bob", {{"count", 3}})}};
  }

  Facts facts;
  std::string said;
};

using Broken = std::set<int>;

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
