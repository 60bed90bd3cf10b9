// History: what the committer keeps of every change, where the collection asks for it.
#include "bridge/history_record.h"
#include "bridge_fixture.h"
#include "cli/history_format.h"

namespace msync {
namespace {

class HistoryTest : public BridgeFixture {
 protected:
  HistoryTest() { keeps("1h"); }

  /// The collection from now on, as after a reload.
  void keeps(const std::string& duration) {
    std::string text = schema;
    text.insert(text.find("\"access\""), R"("history":")" + duration + "\",");
    auto loaded = Collections::load({{"notes.json", text}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    collections = std::make_shared<const Collections>(std::move(loaded.collections));
  }

  std::vector<Json> history(const RecordFilter& filter = {}) {
    std::vector<Json> all;
    reader->view()->history(filter, [&](HistoryRecord&& record) {
      all.push_back(Json::parse(history_line(record)));
      return true;
    });
    return all;
  }

  Ack send_at(std::int64_t now_ms, std::uint64_t n, const std::string& mutations) {
    const std::vector<Inbound> batch{inbound("alice:phone", in(src_a, n, mutations))};
    return *decode_ack(committer->commit(batch, now_ms, {}).replies.at(0).payload);
  }

  /// Writes numbered 1 to `count`, one commit each, at 1000, 2000, …
  void write_in_turn(int count) {
    for (int i = 1; i <= count; ++i) send_at(i * 1000, i, R"([{"op":"put","id":"a","data":{"text":"x"}}])");
  }
};

TEST_F(HistoryTest, EveryChangeSaysWhoWhenWhatBeforeAndAfter) {
  send(src_a, 1, R"([{"op":"put","id":"a","base":0,"ts":10,"data":{"text":"one"}},
                     {"op":"patch","id":"a","base":1,"data":{"likes":{"$inc":2}}}])");
  send(src_b, 1, R"([{"op":"delete","id":"a","base":2,"ts":30}])", "bob:phone");
  commit({inbound("sensor:1", R"({"mutations":[{"op":"put","id":"t","data":{"text":"20"}}]})")});
  EXPECT_EQ(Json(history()), Json::parse(R"([
    {"scope":"notes/1","seq":1,"id":"a","version":1,"op":"put","at":2000,"ts":10,"user":"alice",
     "src":"aaaaaaaaaaaaaaaa","n":1,"before":null,"after":{"text":"one"}},
    {"scope":"notes/1","seq":2,"id":"a","version":2,"op":"patch","at":2000,"ts":1000,"user":"alice",
     "src":"aaaaaaaaaaaaaaaa","n":2,"before":{"text":"one"},"after":{"likes":2,"text":"one"}},
    {"scope":"notes/1","seq":3,"id":"a","version":3,"op":"delete","at":2000,"ts":30,"user":"bob",
     "src":"bbbbbbbbbbbbbbbb","n":1,"before":{"likes":2,"text":"one"},"after":null},
    {"scope":"notes/1","seq":4,"id":"t","version":1,"op":"put","at":2000,"ts":1000,"user":"sensor",
     "before":null,"after":{"text":"20"}}])"));
}

TEST_F(HistoryTest, WhatChangedNothingLeavesNone) {
  send(src_a, 1, R"([{"op":"noop"},{"op":"delete","id":"a"},{"op":"put","id":"a","data":{"text":1}},
                     {"op":"put","id":"b","base":4,"data":{"text":"x"}},
                     [{"op":"put","id":"c","base":0,"data":{"text":"x"}},{"op":"put","id":"d","data":{}}]])");
  EXPECT_TRUE(history().empty());
}

TEST_F(HistoryTest, ARepeatLeavesNoSecondRow) {
  write_in_turn(1);
  write_in_turn(1);
  EXPECT_EQ(history().size(), 1U);
}

TEST_F(HistoryTest, OfACollectionThatAsksForNoneNoneIsKept) {
  keeps("0d");
  write_in_turn(1);
  EXPECT_TRUE(history().empty());
}

TEST_F(HistoryTest, WhatIsTooOldGoesAsTheScopeIsWrittenTo) {
  keeps("2s");
  write_in_turn(5);
  ASSERT_EQ(history().size(), 3U);
  EXPECT_EQ(history().front()["at"], 3000) << "stored 2 s before the last commit";
}

TEST_F(HistoryTest, AShorterTimeInTheFileTrimsAndNoneAtAllTrimsEverything) {
  write_in_turn(5);
  keeps("1s");
  send_at(6000, 6, R"([{"op":"put","id":"a","data":{"text":"x"}}])");
  EXPECT_EQ(history().size(), 2U);
  keeps("0d");
  send_at(7000, 7, R"([{"op":"put","id":"a","data":{"text":"x"}}])");
  EXPECT_TRUE(history().empty());
}

TEST_F(HistoryTest, OneCommitTrimsABoundedNumberOfRows) {
  std::string many = "[";
  for (std::size_t i = 0; i < 300; ++i)
    many += std::string(i ? "," : "") + R"({"op":"put","id":"a)" + std::to_string(i) +
            R"(","data":{"text":"x"}})";
  many += "]";
  for (std::uint64_t i = 0; i < 4; ++i) send_at(1000, 1 + 300 * i, many);
  keeps("1s");
  auto write = [this, n = std::uint64_t{1200}](std::int64_t now_ms) mutable {
    send_at(now_ms, ++n, R"([{"op":"put","id":"b","data":{"text":"x"}}])");
    return history().size();
  };
  EXPECT_EQ(write(9000), 1201 - limits::history_trim_rows);
  EXPECT_EQ(write(9000), 1202 - 2 * limits::history_trim_rows);
  EXPECT_EQ(write(9000), 3U) << "what was written at 9000";
}

TEST_F(HistoryTest, ACommitThatFailsLeavesNeitherChangeNorHistory) {
  write_in_turn(1);
  store->begin();
  ScopeRow scope = store->scope("notes/1", "notes");
  store->save_history(scope.id, HistoryRecord{"", 2, "a", 2, "put", 1, 1, "alice", "", 0, {}, {}});
  reopen();  // as after a crash
  EXPECT_EQ(history().size(), 1U);
}

}  // namespace
}  // namespace msync
