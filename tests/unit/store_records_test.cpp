#include "bridge/store/records.h"

#include "bridge/store/sqlite_records.h"
#include "core/limits.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

class StoreRecordsTest : public testing::Test {
 protected:
  std::int64_t scope_of(const std::string& topic) { return store->scope(topic, "chat").id; }

  std::vector<ConflictRecord> conflicts(const RecordFilter& filter = {}) const {
    std::vector<ConflictRecord> all;
    place.reader()->view()->conflicts(filter, [&](ConflictRecord&& record) {
      all.push_back(std::move(record));
      return true;
    });
    return all;
  }

  std::vector<HistoryRecord> history(const RecordFilter& filter = {}) const {
    std::vector<HistoryRecord> all;
    place.reader()->view()->history(filter, [&](HistoryRecord&& record) {
      all.push_back(std::move(record));
      return true;
    });
    return all;
  }

  /// `count` rows from seq 1, stored at 100, 101, …
  void fill_history(std::int64_t scope, std::uint64_t count) {
    store->begin();
    for (std::uint64_t seq = 1; seq <= count; ++seq)
      store->save_history(scope, change(seq, 99 + static_cast<std::int64_t>(seq)));
    store->commit();
  }

  static HistoryRecord change(std::uint64_t seq, std::int64_t at_ms, const std::string& id = "m1") {
    return {"",  seq,          id,          seq, "patch", at_ms, at_ms - 5, "alice", "b3c1a2b4c3d4e5f6",
            seq, R"({"a":1})", R"({"a":2})"};
  }

  /// How SQLite goes about it, a step a line.
  std::string plan_of(const std::string& query) const {
    sqlite::Connection shell(place.file, sqlite::Connection::Mode::read);
    sqlite::Statement statement(shell, ("EXPLAIN QUERY PLAN " + query).c_str());
    sqlite::Query plan(statement);
    std::string steps;
    while (plan.row()) steps += std::string(plan.text(3)) + "\n";
    return steps;
  }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
};

TEST_F(StoreRecordsTest, AConflictComesBackAsItWasTheNewestLast) {
  store->begin();
  const auto one = scope_of("chat/1"), two = scope_of("chat/2");
  store->save_conflict(two, {"", "b", 5, R"({"user":"bob"})"});
  store->save_conflict(one, {"", "a \"q\"", 6, R"({"user":"alice"})"});
  store->commit();
  EXPECT_EQ(conflicts(), (std::vector<ConflictRecord>{{"chat/2", "b", 5, R"({"user":"bob"})"},
                                                      {"chat/1", "a \"q\"", 6, R"({"user":"alice"})"}}));
}

TEST_F(StoreRecordsTest, ConflictsAndHistoryAreFoundByScopeIdAndAge) {
  store->begin();
  std::uint64_t seq = 0;
  for (const char* topic : {"chat/1", "chat/2"}) {
    for (const char* id : {"a", "b"}) {
      store->save_conflict(scope_of(topic), {"", id, 10, "{}"});
      store->save_history(scope_of(topic), change(++seq, 10, id));
    }
  }
  store->save_conflict(scope_of("chat/1"), {"", "a", 20, "{}"});
  store->save_history(scope_of("chat/1"), change(++seq, 20, "a"));
  store->commit();
  const auto both = [this](const RecordFilter& filter) {
    EXPECT_EQ(conflicts(filter).size(), history(filter).size());
    return history(filter).size();
  };
  EXPECT_EQ(both({}), 5U);
  EXPECT_EQ(both({"chat/1", "", 0}), 3U);
  EXPECT_EQ(both({"", "a", 0}), 3U);
  EXPECT_EQ(both({"chat/1", "a", 0}), 2U);
  EXPECT_EQ(both({"chat/1", "a", 11}), 1U);
  EXPECT_EQ(both({"", "", 20}), 1U);
  EXPECT_EQ(both({"chat/3", "", 0}), 0U);
}

TEST_F(StoreRecordsTest, OneScopeKeepsItsNewestConflictsAndNoneOfAnothers) {
  store->begin();
  const auto quiet = scope_of("chat/quiet"), busy = scope_of("chat/busy");
  store->save_conflict(quiet, {"", "q", 1, "{}"});
  for (std::size_t i = 0; i < limits::conflicts_kept + 20; ++i)
    store->save_conflict(busy, {"", std::to_string(i), 2, "{}"});
  store->commit();
  const auto kept = conflicts({"chat/busy", "", 0});
  ASSERT_EQ(kept.size(), limits::conflicts_kept);
  EXPECT_EQ(kept.front().id, "20");
  EXPECT_EQ(kept.back().id, std::to_string(limits::conflicts_kept + 19));
  EXPECT_EQ(conflicts({"chat/quiet", "", 0}).size(), 1U);
}

TEST_F(StoreRecordsTest, ScopesWithoutEndDoNotFillTheStore) {
  store->begin();
  const std::size_t made = limits::conflicts_kept_in_store + 3 * limits::conflicts_trim_step;
  for (std::size_t i = 0; i < made; ++i)
    store->save_conflict(scope_of("chat/" + std::to_string(i)), {"", std::to_string(i), 1, "{}"});
  store->commit();
  const auto kept = conflicts();
  EXPECT_GE(kept.size(), limits::conflicts_kept_in_store);
  EXPECT_LT(kept.size(), limits::conflicts_kept_in_store + limits::conflicts_trim_step);
  EXPECT_EQ(kept.back().id, std::to_string(made - 1)) << "the newest stay";
}

TEST_F(StoreRecordsTest, HistoryComesBackAsItWasInTheOrderItWasStored) {
  store->begin();
  const auto one = scope_of("chat/1"), two = scope_of("chat/2");
  HistoryRecord first = change(1, 10), second = change(1, 11), third = change(2, 12);
  first.before.reset();
  third.after.reset();
  third.op = "delete";
  third.src.clear();
  third.n = 0;
  store->save_history(two, first);
  store->save_history(one, second);
  store->save_history(two, third);
  store->commit();
  first.scope = third.scope = "chat/2";
  second.scope = "chat/1";
  EXPECT_EQ(history(), (std::vector<HistoryRecord>{first, second, third}));
  EXPECT_EQ(history({"chat/2", "", 0}), (std::vector<HistoryRecord>{first, third}));
}

TEST_F(StoreRecordsTest, HistoryIsTrimmedByAgeInBoundedSteps) {
  const auto scope = scope_of("chat/1"), other = scope_of("chat/2");
  fill_history(scope, 10);
  fill_history(other, 10);
  store->begin();
  EXPECT_EQ(store->trim_history(scope, 100, 100), 0U) << "the first was stored at 100";
  EXPECT_EQ(store->trim_history(scope, 107, 4), 4U);
  EXPECT_EQ(store->trim_history(scope, 107, 4), 3U);
  EXPECT_EQ(store->trim_history(scope, 107, 4), 0U);
  store->commit();
  ASSERT_EQ(history({"chat/1", "", 0}).size(), 3U);
  EXPECT_EQ(history({"chat/1", "", 0}).front().seq, 8U);
  EXPECT_EQ(history({"chat/2", "", 0}).size(), 10U);
}

TEST_F(StoreRecordsTest, ARollbackTakesRecordsWithIt) {
  store->begin();
  store->save_conflict(scope_of("chat/1"), {"", "a", 1, "{}"});
  store->save_history(scope_of("chat/1"), change(1, 1));
  store->rollback();
  EXPECT_TRUE(conflicts().empty());
  EXPECT_TRUE(history().empty());
}

TEST_F(StoreRecordsTest, WhatIsDamagedIsNotHandedOut) {
  store->begin();
  store->save_conflict(scope_of("chat/1"), {"", "a", 1, "{}"});
  store->save_history(scope_of("chat/1"), change(1, 1));
  store->commit();
  place.run("UPDATE conflict SET record = 'x'; UPDATE history SET after = '{'");
  EXPECT_EQ(store_error([&] { conflicts(); }).kind, StoreError::Kind::corrupt);
  EXPECT_EQ(store_error([&] { history(); }).kind, StoreError::Kind::corrupt);
}

TEST_F(StoreRecordsTest, RecordsAreReadInTheirOrderAndNeverSorted) {
  for (const std::string& query :
       {history_query({}), history_query({"chat/1", "", 0}), history_query({"chat/1", "a", 0, 5}),
        std::string("SELECT * FROM conflict WHERE at >= 0 ORDER BY number"),
        std::string("SELECT * FROM conflict WHERE at >= 0 AND scope = 1 ORDER BY number")})
    EXPECT_EQ(plan_of(query).find("TEMP B-TREE"), std::string::npos) << plan_of(query);
}

TEST_F(StoreRecordsTest, OfOneEntitysHistoryOnlyThePageIsRead) {
  const std::string plan = plan_of(history_query({"chat/1", "a", 0, 5}));
  EXPECT_NE(plan.find("SEARCH history USING INDEX history_id (scope=? AND id=? AND seq>?)"),
            std::string::npos)
      << plan;
}

TEST_F(StoreRecordsTest, HistoryGoesOnAfterAChange) {
  const auto scope = scope_of("chat/1");
  fill_history(scope, 10);
  ASSERT_EQ(history({"chat/1", "m1", 0, 7}).size(), 3U);
  EXPECT_EQ(history({"chat/1", "m1", 0, 7}).front().seq, 8U);
  EXPECT_EQ(history({"chat/1", "", 0, 9}).size(), 1U);
  EXPECT_TRUE(history({"chat/1", "m1", 0, 10}).empty());
}

TEST_F(StoreRecordsTest, AcceptedSchemasAreRemembered) {
  EXPECT_TRUE(place.reader()->view()->accepted().empty());
  store->begin();
  store->save_accepted("chat", "one");
  store->save_accepted("todos", "two");
  store->save_accepted("chat", "three");
  store->commit();
  EXPECT_EQ(place.reader()->view()->accepted(),
            (std::map<std::string, std::string>{{"chat", "three"}, {"todos", "two"}}));
}

}  // namespace
}  // namespace msync
