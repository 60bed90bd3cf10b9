// Forgetting tombstones: when, how many, and what becomes of those who still know the entity.
#include "bridge/sweeper.h"

#include "bridge/store/migrations.h"
#include "bridge/store/sqlite_db.h"
#include "bridge_fixture.h"

using namespace msync;

namespace {

constexpr std::int64_t day_ms = 86'400'000;

class SweeperTest : public BridgeFixture {
 protected:
  /// `ops` at this time; everything must be stored.
  void write(std::int64_t now_ms, const std::string& ops, const char* src = src_a) {
    at_ms = now_ms;
    const Committed done =
        committer->commit(std::vector{inbound("alice:phone", in(src, n[src] + 1, ops))}, now_ms, {});
    const auto ack = decode_ack(done.replies.at(0).payload);
    n[src] = ack->n;
    for (const auto& result : ack->results) EXPECT_TRUE(stored(result.status)) << done.replies[0].payload;
  }
  void put(std::int64_t now_ms, const std::string& id, std::uint64_t base = 0) {
    write(now_ms, R"([{"op":"put","id":")" + id + R"(","base":)" + std::to_string(base) +
                      R"(,"data":{"text":"x"}}])");
  }
  /// Makes and deletes `id`: two seqs, the second the tombstone's.
  void put_and_delete(std::int64_t now_ms, const std::string& id) {
    put(now_ms, id);
    write(now_ms, R"([{"op":"delete","id":")" + id + R"(","base":1}])");
  }
  void seen(std::int64_t now_ms, const char* src, std::uint64_t seq) {
    at_ms = now_ms;
    const std::string text = R"({"src":")" + std::string(src) + R"(","epoch":")" + epoch + R"(","seq":)" +
                             std::to_string(seq) + "}";
    committer->commit(std::vector{inbound("alice:phone", text, Leaf::seen)}, now_ms, {});
  }

  Swept sweep(std::int64_t now_ms) { return Sweeper(*store, collections).sweep(now_ms); }
  ScopeRow row() { return *reader->view()->scope("notes/1"); }
  std::int64_t count(const char* sql) {
    return sqlite::Connection(address.substr(7), sqlite::Connection::Mode::read).number(sql);
  }
  std::int64_t tombstones() {
    const auto rows = count("SELECT count(*) FROM tombstone");
    EXPECT_EQ(rows, count("SELECT count(*) FROM entity WHERE deleted = 1"));
    EXPECT_EQ(rows, count("SELECT count(*) FROM entity JOIN tombstone USING (scope, seq) WHERE deleted = 1"));
    return rows;
  }

  std::map<std::string, std::uint64_t> n;
};

TEST_F(SweeperTest, ATombstoneHasARowFromItsDeletionToItsReturn) {
  put_and_delete(1000, "a");
  EXPECT_EQ(tombstones(), 1);
  EXPECT_EQ(count("SELECT at FROM tombstone"), 1000);
  write(2000, R"([{"op":"delete","id":"a","base":2}])");
  EXPECT_EQ(tombstones(), 1);
  const auto standing = store->entity(row().id, "a");
  EXPECT_EQ(standing->seq, 3u);
  EXPECT_EQ(count("SELECT seq FROM tombstone"), static_cast<std::int64_t>(standing->seq));
  put(3000, "a", standing->version);
  EXPECT_EQ(tombstones(), 0);
}

TEST_F(SweeperTest, AGroupThatFailsLeavesNoTombstoneRow) {
  put(1000, "a");
  at_ms = 1000;
  send(src_a, 2,
       R"([[{"op":"delete","id":"a","base":1},{"op":"put","id":"b","base":9,"data":{"text":"x"}}]])");
  EXPECT_EQ(tombstones(), 0);
}

TEST_F(SweeperTest, WithoutReportsATombstoneIsKeptItsTime) {
  put_and_delete(1000, "a");
  EXPECT_EQ(sweep(1000 + 90 * day_ms).tombstones, 0u);
  EXPECT_EQ(tombstones(), 1);
  EXPECT_EQ(sweep(1001 + 90 * day_ms).tombstones, 1u);
  EXPECT_EQ(tombstones(), 0);
  EXPECT_EQ(row().horizon, 2u);
  EXPECT_EQ(row().seq, 2u);
}

TEST_F(SweeperTest, WhatEveryReplicaHasSeenGoesAtOnce) {
  put_and_delete(1000, "a");
  put_and_delete(1000, "b");
  seen(1000, src_a, 4);
  seen(1000, src_b, 2);
  EXPECT_EQ(sweep(2000).tombstones, 1u);
  EXPECT_EQ(row().horizon, 2u);
  seen(2000, src_b, 3);
  EXPECT_EQ(sweep(3000).tombstones, 0u) << "b's tombstone is 4";
  EXPECT_EQ(row().horizon, 2u);
  seen(3000, src_b, 4);
  EXPECT_EQ(sweep(4000).tombstones, 1u);
  EXPECT_EQ(row().horizon, 4u);
}

TEST_F(SweeperTest, AReplicaThatStaysAwayIsWaitedForThirtyDays) {
  put_and_delete(1000, "a");
  seen(1000, src_b, 1);
  seen(1000 + 29 * day_ms, src_a, 2);
  EXPECT_EQ(sweep(1000 + 30 * day_ms).tombstones, 0u);
  EXPECT_EQ(sweep(1001 + 30 * day_ms).tombstones, 1u);
}

TEST_F(SweeperTest, AReplicaThatOnlyWritesIsNotWaitedFor) {
  put_and_delete(1000, "a");  // src_a has a number, and never reports
  seen(1000, src_b, 2);
  EXPECT_EQ(sweep(1000).tombstones, 1u);
}

TEST_F(SweeperTest, ALivingEntityIsNeverForgotten) {
  put(1000, "a");
  put_and_delete(1000, "b");
  seen(1000, src_a, 3);
  EXPECT_EQ(sweep(1000 + 400 * day_ms).tombstones, 1u);
  EXPECT_EQ(row().count, 1u);
  EXPECT_TRUE(store->entity(row().id, "a"));
  EXPECT_FALSE(store->entity(row().id, "b"));
}

TEST_F(SweeperTest, AScopeWithoutItsCollectionIsLeftAlone) {
  put_and_delete(1000, "a");
  const auto none = std::make_shared<const Collections>();
  EXPECT_EQ(Sweeper(*store, none).sweep(1000 + 400 * day_ms).tombstones, 0u);
  EXPECT_EQ(tombstones(), 1);
}

TEST_F(SweeperTest, ARoundGoesOnUntilEverythingIsForgotten) {
  const std::size_t total = limits::sweep_rows + 7;
  std::string ops;
  for (std::size_t i = 0; i < total; ++i) {
    const std::string id = std::to_string(i);
    ops += (ops.empty() ? "[" : ",") + (R"({"op":"put","id":")" + id + R"(","data":{"text":"x"}})");
    ops += R"(,{"op":"delete","id":")" + id + R"(","base":1})";
    if (i % 200 == 199 || i + 1 == total) {
      write(1000, ops + "]");
      ops.clear();
    }
  }
  Sweeper sweeper(*store, collections);
  const Swept first = sweeper.sweep(1000 + 100 * day_ms);
  EXPECT_EQ(first.tombstones, limits::sweep_rows);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(row().horizon, 2 * limits::sweep_rows) << "oldest first";
  EXPECT_EQ(tombstones(), 7);
  const Swept second = sweeper.sweep(1000 + 100 * day_ms);
  EXPECT_EQ(second.tombstones, 7u);
  EXPECT_FALSE(second.more);
  EXPECT_EQ(tombstones(), 0);
}

TEST_F(SweeperTest, TheHorizonNeverFalls) {
  put_and_delete(1000, "a");
  store->begin();
  ScopeRow scope = store->scope("notes/1", "notes");
  scope.horizon = 2;
  scope.seq = 9;
  EXPECT_EQ(store->purge_tombstones(scope, 100, 100), 1u);
  EXPECT_EQ(scope.horizon, 2u);
  EXPECT_EQ(store->purge_tombstones(scope, 100, 100), 0u);
  store->commit();
  EXPECT_EQ(row().horizon, 2u);
}

TEST_F(SweeperTest, HistoryIsKeptItsTime) {
  auto with_history = Collections::load({{"notes.json", R"({"type":"object","x-sync":{"topic":"notes/{x}",
      "history":"2d","tombstones":"1d","access":[{"allow":["read","write"]}]}})"}});
  collections = std::make_shared<const Collections>(std::move(with_history.collections));
  put(1000, "a");
  put(1000 + day_ms, "b");
  EXPECT_EQ(sweep(1000 + 2 * day_ms).history, 0u);
  EXPECT_EQ(sweep(1001 + 2 * day_ms).history, 1u);
  EXPECT_EQ(count("SELECT count(*) FROM history WHERE id = 'b'"), 1);
  EXPECT_EQ(sweep(1001 + 2 * day_ms).history, 0u);
}

TEST_F(SweeperTest, ATurnIsSharedByTombstonesAndHistory) {
  auto with_history = Collections::load({{"notes.json", R"({"type":"object","x-sync":{"topic":"notes/{x}",
      "history":"2d","tombstones":"1d","access":[{"allow":["read","write"]}]}})"}});
  collections = std::make_shared<const Collections>(std::move(with_history.collections));
  const std::size_t total = limits::sweep_rows / 2 + 10;  // each leaves a tombstone and two rows of history
  for (std::size_t i = 0; i < total; ++i) put_and_delete(1000, std::to_string(i));
  Sweeper sweeper(*store, collections);
  const Swept first = sweeper.sweep(1000 + 9 * day_ms);
  EXPECT_EQ(first.tombstones + first.history, limits::sweep_rows);
  EXPECT_TRUE(first.more);
  std::size_t forgotten = first.tombstones + first.history;
  for (Swept next = first; next.more;) {
    next = sweeper.sweep(1000 + 9 * day_ms);
    forgotten += next.tombstones + next.history;
  }
  EXPECT_EQ(forgotten, 3 * total);
}

// ---- What it means to clients ---------------------------------------------------------------------------

TEST_F(SweeperTest, APurgedEntityIsNotBroughtBackByItsOldWriter) {
  put_and_delete(1000, "a");
  sweep(1000 + 91 * day_ms);
  const auto outcome = [&](const std::string& op) {
    const Ack ack = send(src_b, ++n[src_b], "[" + op + "]");
    return ack.results.at(0).status;
  };
  EXPECT_EQ(outcome(R"({"op":"put","id":"a","base":1,"data":{"text":"y"}})"), Status::superseded);
  EXPECT_EQ(outcome(R"({"op":"put","id":"a","base":2,"data":{"text":"y"}})"), Status::superseded);
  EXPECT_EQ(outcome(R"({"op":"patch","id":"a","base":1,"data":{"text":"y"}})"), Status::superseded);
  EXPECT_EQ(outcome(R"({"op":"patch","id":"a","data":{"text":"y"}})"), Status::superseded);
  EXPECT_EQ(outcome(R"({"op":"delete","id":"a","base":1})"), Status::applied);
  EXPECT_EQ(row().count, 0u);
  EXPECT_EQ(row().seq, 2u);
}

TEST_F(SweeperTest, ARepeatOfThePurgedWriteIsStillARepeat) {
  put_and_delete(1000, "a");
  sweep(1000 + 91 * day_ms);
  const Ack ack = send(src_a, 1, R"([{"op":"put","id":"a","base":0,"data":{"text":"x"}}])");
  EXPECT_EQ(ack.results.at(0).status, Status::processed);
  EXPECT_EQ(row().count, 0u);
}

TEST_F(SweeperTest, ARecreatedEntityIsAboveEveryVersionThatWas) {
  put_and_delete(1000, "a");
  put_and_delete(1000, "b");
  sweep(1000 + 91 * day_ms);
  put(2000 + 91 * day_ms, "a");
  EXPECT_EQ(store->entity(row().id, "a")->version, 5u);
}

TEST_F(SweeperTest, AReaderBelowTheHorizonGetsASnapshot) {
  put(1000, "keep");
  put_and_delete(1000, "a");
  sweep(1000 + 91 * day_ms);
  Pull request;
  request.rid = "1";
  request.epoch = epoch;
  request.since = 2;
  auto pages = pull(request);
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_TRUE(pages[0].reset);
  EXPECT_EQ(pages[0].changes.size(), 1u);
  request.since = 3;
  pages = pull(request);
  EXPECT_FALSE(pages.at(0).reset) << "the horizon itself is no loss";
}

TEST_F(SweeperTest, APullThatAPurgeOvertakesStartsOver) {
  for (const char* id : {"1", "2", "3"}) put(1000, id);
  put_and_delete(1000, "a");
  put(1000, "4");
  Pull request;
  request.rid = "1";
  request.epoch = epoch;
  request.since = 1;
  request.limit = 1;
  PullAnswer answer(request, "alice", "notes/1", epoch);
  EXPECT_FALSE(decode_delta(*answer.next(*reader, 1))->reset);
  sweep(1000 + 91 * day_ms);
  const auto page = decode_delta(*answer.next(*reader, 1));
  EXPECT_TRUE(page->reset);
  EXPECT_EQ(page->from, 0u);
  EXPECT_EQ(page->snap, 6u);
}

TEST_F(SweeperTest, ASnapshotThatAPurgeOvertakesGoesOn) {
  for (const char* id : {"1", "2", "3"}) put(1000, id);
  put_and_delete(1000, "a");
  Pull request;
  request.rid = "1";
  request.epoch = epoch;
  request.limit = 1;
  PullAnswer answer(request, "alice", "notes/1", epoch);
  EXPECT_TRUE(decode_delta(*answer.next(*reader, 1))->reset);
  sweep(1000 + 91 * day_ms);  // what the snapshot, which began above it, need not see
  EXPECT_FALSE(decode_delta(*answer.next(*reader, 1))->reset);
  put_and_delete(1000 + 91 * day_ms, "3x");
  write(1000 + 91 * day_ms, R"([{"op":"delete","id":"1","base":1}])");
  sweep(1000 + 182 * day_ms);  // but the entity on its first page is gone now, and nothing would say so
  EXPECT_TRUE(decode_delta(*answer.next(*reader, 1))->reset);
}

// ---- The tables -----------------------------------------------------------------------------------------

TEST_F(SweeperTest, TombstonesFromBeforeTheTableAreDatedAtTheStoresLastTime) {
  put_and_delete(1000, "a");
  put(5000, "b");
  committer.reset();
  store.reset();
  reader.reset();
  sqlite::Connection(address.substr(7), sqlite::Connection::Mode::write)
      .run(
          "DROP TABLE tombstone; DROP INDEX replica_seen; DROP TABLE conflict; DROP TABLE history;"
          "DROP TABLE revocation; DROP TABLE accepted; DROP TABLE request; DROP TABLE webhook; ALTER TABLE "
          "scope DROP COLUMN boot; PRAGMA "
          "user_version = 1");
  reopen();
  reader = std::move(*open_reader(address));
  EXPECT_EQ(tombstones(), 1);
  EXPECT_EQ(count("SELECT at FROM tombstone"), 5000);
}

}  // namespace
