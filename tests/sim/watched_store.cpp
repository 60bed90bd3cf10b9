#include "tests/sim/watched_store.h"

namespace msync::sim {

void WatchedStore::call() {
  if (faults_.die_in > 0 && --faults_.die_in == 0) throw Died();
}

void WatchedStore::forget() {
  facts_.clear();
  purges_.clear();
  using_up_ = 0;
}

void WatchedStore::begin() {
  call();
  if (faults_.begins_refused > 0) {
    --faults_.begins_refused;
    throw StoreError(StoreError::Kind::busy, "simulated: locked");
  }
  real().begin();
  forget();
}

void WatchedStore::commit() {
  call();
  if (faults_.commits_refused > 0) {
    --faults_.commits_refused;
    throw StoreError(StoreError::Kind::full, "simulated: no space");
  }
  real().commit();
  ledger_.commit(facts_);
  for (const Purge& purge : purges_) ledger_.purge(purge.topic, purge.up_to_seq, purge.count);
  used_up_ = using_up_;
  forget();
  call();
  if (faults_.commits_unsure > 0) {
    --faults_.commits_unsure;
    throw StoreError(StoreError::Kind::other, "simulated: input/output error");
  }
}

void WatchedStore::rollback() noexcept {
  real().rollback();
  forget();
}

void WatchedStore::savepoint() {
  call();
  saved_ = facts_.size();
  real().savepoint();
}

void WatchedStore::release() {
  call();
  real().release();
}

void WatchedStore::rollback_to() {
  call();
  facts_.resize(saved_);
  real().rollback_to();
}

ScopeRow WatchedStore::scope(std::string_view topic, std::string_view name) {
  call();
  ScopeRow row = real().scope(topic, name);
  topics_[row.id] = topic;
  return row;
}

void WatchedStore::save(const ScopeRow& row) {
  call();
  real().save(row);
}

std::optional<Entity> WatchedStore::entity(std::int64_t scope, std::string_view id) {
  call();
  return real().entity(scope, id);
}

void WatchedStore::save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) {
  call();
  real().save(scope, id, entity, at_ms);
  facts_.push_back({topics_.at(scope), std::string(id), entity});
}

std::uint64_t WatchedStore::replica_n(const ReplicaKey& key) {
  call();
  return real().replica_n(key);
}

void WatchedStore::save_replica_n(const ReplicaKey& key, std::uint64_t n) {
  call();
  using_up_ += n - real().replica_n(key);
  real().save_replica_n(key, n);
}

void WatchedStore::save_outcome(const ReplicaKey& key, const MutationResult& result) {
  call();
  real().save_outcome(key, result);
}

void WatchedStore::save_published(std::int64_t scope, std::uint64_t seq) {
  call();
  real().save_published(scope, seq);
}

std::size_t WatchedStore::purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) {
  call();
  const std::size_t count = real().purge_tombstones(scope, up_to_seq, max_rows);
  purges_.push_back({scope.topic, up_to_seq, count});
  return count;
}

}  // namespace msync::sim
