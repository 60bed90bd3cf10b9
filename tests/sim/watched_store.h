// A store that writes the ledger and dies, or fails, when it is told to.
#pragma once

#include "tests/sim/ledger.h"
#include "tests/store_decorator.h"

namespace msync::sim {

/// The process has gone. No StoreError: nothing of the bridge survives to handle it.
struct Died {};

/// What is to go wrong; outlives the stores that are opened meanwhile.
struct StoreFaults {
  int die_in = 0;           // at the n-th call from now; 0: not
  int commits_refused = 0;  // nothing is stored
  int commits_unsure = 0;   // stored, and an error all the same
  int begins_refused = 0;
};

class WatchedStore final : public StoreDecorator {
 public:
  /// `place` is where others find it while it is open.
  WatchedStore(std::unique_ptr<Store> real, StoreFaults& faults, Ledger& ledger, WatchedStore*& place)
      : StoreDecorator(std::move(real)), faults_(faults), ledger_(ledger), place_(place) {
    place_ = this;
  }
  ~WatchedStore() override {
    if (place_ == this) place_ = nullptr;
  }

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void savepoint() override;
  void release() override;
  void rollback_to() override;
  ScopeRow scope(std::string_view topic, std::string_view name) override;
  void save(const ScopeRow& row) override;
  std::optional<Entity> entity(std::int64_t scope, std::string_view id) override;
  void save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) override;
  std::uint64_t replica_n(const ReplicaKey& key) override;
  void save_replica_n(const ReplicaKey& key, std::uint64_t n) override;
  void save_outcome(const ReplicaKey& key, const MutationResult& result) override;
  void save_published(std::int64_t scope, std::uint64_t seq) override;
  std::size_t purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) override;

  /// How many numbers the last commit used up.
  std::uint64_t used_up() const { return used_up_; }

  Store& unwatched() { return real(); }

 private:
  void call();
  void forget();

  StoreFaults& faults_;
  Ledger& ledger_;
  WatchedStore*& place_;
  std::map<std::int64_t, std::string> topics_;
  std::vector<Fact> facts_;  // of this transaction
  std::size_t saved_ = 0;    // of them, at the savepoint
  struct Purge {
    std::string topic;
    std::uint64_t up_to_seq = 0;
    std::size_t count = 0;
  };
  std::vector<Purge> purges_;
  std::uint64_t using_up_ = 0;  // by this transaction
  std::uint64_t used_up_ = 0;
};

}  // namespace msync::sim
