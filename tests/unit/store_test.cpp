#include "bridge/store/store.h"

#include "core/limits.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;

class StoreTest : public testing::Test {
 protected:
  void reopen() {
    store.reset();
    store = place.open();
  }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
};

TEST_F(StoreTest, AScopeIsMadeOnFirstUseAndStaysThatScope) {
  store->begin();
  const ScopeRow made = store->scope("chat/42/messages", "chat");
  EXPECT_EQ(made.topic, "chat/42/messages");
  EXPECT_EQ(made.collection, "chat");
  EXPECT_EQ(made.seq, 0u);
  EXPECT_EQ(store->scope("chat/42/messages", "chat").id, made.id);
  EXPECT_NE(store->scope("chat/43/messages", "chat").id, made.id);
  store->commit();
  reopen();
  EXPECT_EQ(store->scope("chat/42/messages", "chat").id, made.id);
}

TEST_F(StoreTest, AScopeKeepsItsNumbersToTheLastBit) {
  store->begin();
  ScopeRow scope = store->scope("chat/42/messages", "chat");
  scope.seq = limits::integer_max;
  scope.horizon = limits::integer_max - 1;
  scope.count = 812;
  scope.digest = Digest::from_bits(0xfedcba9876543210);  // negative as SQLite sees it
  store->save(scope);
  store->commit();
  reopen();
  const ScopeRow read = store->scope("chat/42/messages", "chat");
  EXPECT_EQ(read.seq, limits::integer_max);
  EXPECT_EQ(read.horizon, limits::integer_max - 1);
  EXPECT_EQ(read.count, 812u);
  EXPECT_EQ(read.digest.bits(), 0xfedcba9876543210);
}

TEST_F(StoreTest, AnEntityComesBackAsItWas) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  EXPECT_EQ(store->entity(scope, "m1"), std::nullopt);
  Entity entity = sample_entity(limits::integer_max, limits::integer_max);
  entity.by_n = limits::integer_max;
  store->save(scope, "m1", entity, at_ms);
  EXPECT_EQ(store->entity(scope, "m1"), entity);
  store->commit();
  reopen();
  EXPECT_EQ(store->entity(scope, "m1"), entity);
  EXPECT_EQ(store->entity(scope, "m2"), std::nullopt);
  EXPECT_EQ(store->entity(scope + 1, "m1"), std::nullopt);
}

TEST_F(StoreTest, ASecondSaveReplacesTheFirst) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m1", sample_entity(1), at_ms);
  Entity second = sample_entity(2, 2);
  second.by = "carol";
  second.user = "dave";
  second.put.ts += 5;
  second.data["text"] = "other";
  store->save(scope, "m1", second, at_ms);
  EXPECT_EQ(store->entity(scope, "m1"), second);
}

TEST_F(StoreTest, ATombstoneHoldsNoData) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m1", sample_entity(1), at_ms);
  Entity tombstone = sample_entity(2, 2);
  tombstone.deleted = true;
  tombstone.data = nullptr;
  store->save(scope, "m1", tombstone, at_ms);
  EXPECT_EQ(store->entity(scope, "m1"), tombstone);
  store->commit();
  const std::string sql = "SELECT count(*) FROM entity WHERE data IS NULL AND clocks IS NULL";
  EXPECT_EQ(sqlite::Connection(place.file, sqlite::Connection::Mode::read).number(sql.c_str()), 1);
}

TEST_F(StoreTest, PropertyClocksComeBack) {
  store->begin();
  const auto scope = store->scope("users/alice/todos", "todos").id;
  Entity entity = sample_entity(1);
  entity.property_clock["text"] = {7, {1795232472123, "b3c1a2b4c3d4e5f6"}};
  entity.property_clock["a \"quoted\" \xc3\xa4 name"] = {limits::integer_max, {0, ""}};
  entity.property_clock[""] = {1, {-5, "x"}};
  store->save(scope, "t1", entity, at_ms);
  EXPECT_EQ(store->entity(scope, "t1"), entity);
}

TEST_F(StoreTest, TextIsBoundAndNeverRun) {
  store->begin();
  const std::string evil = "'); DROP TABLE entity; --";
  const auto scope = store->scope(evil, evil).id;
  Entity entity = sample_entity(1);
  entity.user = entity.src = entity.by = entity.by_src = entity.put.src = evil;
  entity.data = Json{{evil, evil}};
  store->save(scope, evil, entity, at_ms);
  EXPECT_EQ(store->entity(scope, evil), entity);
  EXPECT_EQ(store->scope(evil, evil).topic, evil);
}

TEST_F(StoreTest, IdsAreComparedAsBytes) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m", sample_entity(1), at_ms);
  EXPECT_EQ(store->entity(scope, "M"), std::nullopt);
  EXPECT_EQ(store->entity(scope, "m "), std::nullopt);
  EXPECT_EQ(store->entity(scope, std::string("m\0x", 3)), std::nullopt);
}

TEST_F(StoreTest, TwoEntitiesCannotShareASeq) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m1", sample_entity(1), at_ms);
  EXPECT_EQ(store_error([&] { store->save(scope, "m2", sample_entity(1), at_ms); }).kind, Kind::other);
}

TEST_F(StoreTest, NumbersOfAReplicaAreItsOwnAndStay) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  const auto other = store->scope("chat/43/messages", "chat").id;
  EXPECT_EQ(store->replica_n(key_of(scope)), 0u);
  store->save_replica_n(key_of(scope), 17);
  store->save_replica_n(key_of(scope), limits::integer_max);
  store->commit();
  reopen();
  EXPECT_EQ(store->replica_n(key_of(scope)), limits::integer_max);
  EXPECT_EQ(store->replica_n(key_of(other)), 0u);
  EXPECT_EQ(store->replica_n({"mallory", key_of(scope).src, scope}), 0u);
  EXPECT_EQ(store->replica_n({"alice", "ffffffffffffffff", scope}), 0u);
}

TEST_F(StoreTest, SeenAndNumbersDoNotTouchEachOther) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save_seen(key_of(scope), 5, 1000);
  EXPECT_EQ(store->replica_n(key_of(scope)), 0u);
  store->save_replica_n(key_of(scope), 3);
  store->save_seen(key_of(scope), 9, 2000);
  EXPECT_EQ(store->replica_n(key_of(scope)), 3u);
  store->commit();
  sqlite::Connection shell(place.file, sqlite::Connection::Mode::read);
  EXPECT_EQ(shell.number("SELECT seen FROM replica"), 9);
  EXPECT_EQ(shell.number("SELECT seen_at FROM replica"), 2000);
}

MutationResult rejected(std::uint64_t n) {
  MutationResult result;
  result.n = n;
  result.status = Status::rejected;
  result.op = 1;
  result.error = Error{Code::invalid, "too long", "/text"};
  return result;
}

TEST_F(StoreTest, AnOutcomeComesBackAsItWas) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  MutationResult superseded;
  superseded.n = 18;
  superseded.status = Status::superseded;
  superseded.standing = Landing{"m2", 5, 120};
  superseded.error = Error{Code::conflict, "newer", ""};
  MutationResult merged;
  merged.n = 19;
  merged.status = Status::merged;
  merged.changes = {{"m1", 8, 131}, {"m2", 6, 132}};
  for (const auto& result : {rejected(17), superseded, merged}) store->save_outcome(key_of(scope), result);
  store->commit();
  reopen();
  EXPECT_EQ(store->outcome(key_of(scope), 17), rejected(17));
  ASSERT_TRUE(store->outcome(key_of(scope), 18));
  EXPECT_EQ(store->outcome(key_of(scope), 18)->standing, superseded.standing);
  EXPECT_EQ(store->outcome(key_of(scope), 19), merged);
  EXPECT_EQ(store->outcome(key_of(scope), 20), std::nullopt);
  EXPECT_EQ(store->outcome({"bob", key_of(scope).src, scope}, 17), std::nullopt);
}

TEST_F(StoreTest, OnlyTheNewestOutcomesOfAReplicaAreKept) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  const auto other = store->scope("chat/43/messages", "chat").id;
  store->save_outcome(key_of(other), rejected(1));
  const std::uint64_t last = limits::outcomes_kept + 30;
  for (std::uint64_t n = 1; n <= last; ++n) store->save_outcome(key_of(scope), rejected(n));
  EXPECT_EQ(store->outcome(key_of(scope), 30), std::nullopt);
  EXPECT_TRUE(store->outcome(key_of(scope), 31));
  EXPECT_TRUE(store->outcome(key_of(scope), last));
  EXPECT_TRUE(store->outcome(key_of(other), 1)) << "another scope's outcomes are not counted";
}

TEST_F(StoreTest, TheLastTimeGivenStays) {
  EXPECT_EQ(store->last_time_ms(), 0);
  store->begin();
  store->save_last_time_ms(1795232472201);
  store->commit();
  reopen();
  EXPECT_EQ(store->last_time_ms(), 1795232472201);
}

TEST_F(StoreTest, RollbackLeavesNothing) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m1", sample_entity(1), at_ms);
  store->commit();
  store->begin();
  store->save(scope, "m1", sample_entity(2, 2), at_ms);
  store->save(scope, "m2", sample_entity(3), at_ms);
  store->save_replica_n(key_of(scope), 9);
  store->rollback();
  store->rollback();  // without a transaction: nothing
  EXPECT_EQ(store->entity(scope, "m1"), sample_entity(1));
  EXPECT_EQ(store->entity(scope, "m2"), std::nullopt);
  EXPECT_EQ(store->replica_n(key_of(scope)), 0u);
  store->begin();
  store->commit();
}

TEST_F(StoreTest, ASavepointUndoesOnlyItsOwnPart) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->save(scope, "m1", sample_entity(1), at_ms);
  store->savepoint();
  store->save(scope, "m1", sample_entity(2, 2), at_ms);
  store->save(scope, "m2", sample_entity(3), at_ms);
  store->rollback_to();
  store->savepoint();
  store->save(scope, "m3", sample_entity(2), at_ms);
  store->release();
  store->commit();
  EXPECT_EQ(store->entity(scope, "m1"), sample_entity(1));
  EXPECT_EQ(store->entity(scope, "m2"), std::nullopt);
  EXPECT_EQ(store->entity(scope, "m3"), sample_entity(2));
}

TEST_F(StoreTest, AnUnfinishedTransactionEndsWithTheStore) {
  store->begin();
  const auto scope = store->scope("chat/42/messages", "chat").id;
  store->commit();
  store->begin();
  store->save(scope, "m1", sample_entity(1), at_ms);
  reopen();
  EXPECT_EQ(store->entity(scope, "m1"), std::nullopt);
}

TEST_F(StoreTest, TransactionsDoNotNest) {
  store->begin();
  EXPECT_EQ(store_error([&] { store->begin(); }).kind, Kind::other);
}

TEST_F(StoreTest, TheCursorIsKeptPerScope) {
  store->begin();
  ScopeRow scope = store->scope("chat/42/messages", "chat");
  scope.seq = 9;
  store->save(scope);
  store->save_published(scope.id, 4);
  store->save_published(scope.id, 7);
  store->commit();
  const auto reader = place.reader();
  const auto behind = reader->view()->unpublished();
  ASSERT_EQ(behind.size(), 1u);
  EXPECT_EQ(behind[0].published, 7u);
}

}  // namespace
}  // namespace msync
