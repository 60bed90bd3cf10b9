#include "bridge/conflict_record.h"

#include "bridge_fixture.h"

namespace msync {
namespace {

class ConflictRecordTest : public BridgeFixture {
 protected:
  std::vector<ConflictRecord> records() {
    std::vector<ConflictRecord> all;
    reader->view()->conflicts({}, [&](ConflictRecord&& record) {
      all.push_back(std::move(record));
      return true;
    });
    return all;
  }

  /// The only one.
  Json record() {
    const auto all = records();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Json() : Json::parse(all[0].text);
  }

  void alice_writes_two_versions() {
    send(src_a, 1, R"([{"op":"put","id":"a","base":0,"ts":10,"data":{"text":"one"}},
                       {"op":"put","id":"a","base":1,"ts":20,"data":{"text":"two"}}])");
  }

  Committed unnumbered(const std::string& client, const std::string& mutations) {
    return commit({inbound(client, R"({"mutations":)" + mutations + "}")});
  }
};

TEST_F(ConflictRecordTest, WritesThatSawEverythingLeaveNone) {
  alice_writes_two_versions();
  send(src_b, 1, R"([{"op":"patch","id":"a","base":2,"ts":1,"data":{"text":"three"}},
                     {"op":"patch","id":"a","base":0,"ts":1,"data":{"likes":{"$inc":1}}},
                     {"op":"delete","id":"a","base":4}])",
       "bob:phone");
  EXPECT_TRUE(records().empty());
}

TEST_F(ConflictRecordTest, WhoLostIsRecordedWithBothSides) {
  alice_writes_two_versions();
  send(src_b, 1, R"([{"op":"put","id":"a","base":1,"ts":15,"data":{"text":"bob's"}}])", "bob:phone");
  EXPECT_EQ(record(),
            Json::parse(R"({"user":"bob","src":"bbbbbbbbbbbbbbbb","n":1,"status":"superseded","base":1,
    "mine":{"op":"put","base":1,"ts":15,"data":{"text":"bob's"}},
    "theirs":{"version":2,"ts":20,"by":"alice","src":"aaaaaaaaaaaaaaaa","data":{"text":"two"}},
    "winner":"theirs"})"));
  EXPECT_EQ(records()[0].scope, "notes/1");
  EXPECT_EQ(records()[0].id, "a");
  EXPECT_EQ(records()[0].at_ms, 2000) << "the server's clock at the commit";
}

TEST_F(ConflictRecordTest, WhoOverwroteAnotherByItsClockIsRecordedToo) {
  alice_writes_two_versions();
  const Ack ack =
      send(src_b, 1, R"([{"op":"put","id":"a","base":1,"ts":25,"data":{"text":"bob's"}}])", "bob:phone");
  EXPECT_EQ(ack.results[0].status, Status::applied);
  EXPECT_EQ(record()["winner"], "mine");
  EXPECT_EQ(record()["theirs"]["data"], Json::parse(R"({"text":"two"})")) << "what was overwritten";
}

TEST_F(ConflictRecordTest, APatchThatWonIsMergedAndADeletionStandsAsOne) {
  alice_writes_two_versions();
  send(src_b, 1, R"([{"op":"patch","id":"a","base":1,"ts":25,"data":{"text":"bob's"}}])", "bob:phone");
  EXPECT_EQ(record()["winner"], "merged");
  send(src_a, 3, R"([{"op":"delete","id":"a","base":3,"ts":30}])");
  send(src_b, 2, R"([{"op":"patch","id":"a","base":3,"ts":40,"data":{"text":"late"}}])", "bob:phone");
  const Json last = Json::parse(records().back().text);
  EXPECT_EQ(last["theirs"]["deleted"], true);
  EXPECT_FALSE(last["theirs"].contains("data"));
}

TEST_F(ConflictRecordTest, WhatIsUnknownToTheServerHasNoOtherSide) {
  send(src_b, 1, R"([{"op":"put","id":"gone","base":7,"data":{"text":"x"}}])", "bob:phone");
  EXPECT_TRUE(record()["theirs"].is_null());
  EXPECT_EQ(record()["base"], 7);
}

TEST_F(ConflictRecordTest, OfAGroupThatFailedTheOperationThatFailedIsRecordedAgainstWhatStands) {
  alice_writes_two_versions();
  const Ack ack = send(src_b, 1, R"([[{"op":"put","id":"b","base":0,"ts":5,"data":{"text":"new"}},
      {"op":"put","id":"a","base":1,"ts":25,"data":{"text":"wins"}},
      {"op":"patch","id":"gone","base":7,"ts":5,"data":{"text":"fails"}}]])",
                       "bob:phone");
  EXPECT_EQ(ack.results[0].op, 2U);
  ASSERT_EQ(records().size(), 1U) << "the others never happened";
  EXPECT_EQ(records()[0].id, "gone");
}

TEST_F(ConflictRecordTest, OfAGroupThatIsStoredEveryConflictIsRecorded) {
  alice_writes_two_versions();
  send(src_a, 3, R"([{"op":"put","id":"b","base":0,"ts":20,"data":{"text":"b"}}])");
  send(src_b, 1, R"([[{"op":"put","id":"a","base":1,"ts":25,"data":{"text":"x"}},
                      {"op":"put","id":"b","base":0,"ts":25,"data":{"text":"y"}}]])",
       "bob:phone");
  EXPECT_EQ(records().size(), 2U);
}

TEST_F(ConflictRecordTest, AFailedGroupIsToldWhatStandsOutsideOfIt) {
  alice_writes_two_versions();
  // A nameless writer's second operation loses to its own first, which is undone with it.
  unnumbered("bob:phone", R"([[{"op":"put","id":"a","ts":900,"data":{"text":"x"}},
                               {"op":"put","id":"a","ts":800,"data":{"text":"y"}}]])");
  EXPECT_EQ(record()["theirs"]["version"], 2);
  EXPECT_EQ(record()["theirs"]["by"], "alice");
}

TEST_F(ConflictRecordTest, ASensorThatReplacesItsOwnValueIsNoConflict) {
  unnumbered("sensor:1", R"([{"op":"put","id":"a","data":{"text":"20"}}])");
  unnumbered("sensor:1", R"([{"op":"put","id":"a","data":{"text":"21"}}])");
  EXPECT_TRUE(records().empty());
  unnumbered("other:1", R"([{"op":"put","id":"a","data":{"text":"22"}}])");
  EXPECT_EQ(record()["user"], "other");
  EXPECT_FALSE(record().contains("src"));
}

TEST_F(ConflictRecordTest, OfALargeDocumentTheSizeIsKept) {
  const std::string large(limits::conflict_document_bytes, 'x');
  send(src_a, 1, R"([{"op":"put","id":"a","base":0,"ts":10,"data":{"text":")" + large + R"("}}])");
  send(src_b, 1, R"([{"op":"put","id":"a","base":0,"ts":5,"data":{"text":"small"}}])", "bob:phone");
  const Json theirs = record()["theirs"];
  EXPECT_FALSE(theirs.contains("data"));
  EXPECT_EQ(theirs["data_bytes"], large.size() + R"({"text":""})"_json.dump().size());
  EXPECT_EQ(record()["mine"]["data"]["text"], "small");
}

TEST_F(ConflictRecordTest, ARepeatLeavesNoSecondRecord) {
  alice_writes_two_versions();
  const char* late = R"([{"op":"put","id":"a","base":1,"ts":15,"data":{"text":"bob's"}}])";
  send(src_b, 1, late, "bob:phone");
  send(src_b, 1, late, "bob:phone");
  EXPECT_EQ(records().size(), 1U);
}

}  // namespace
}  // namespace msync
