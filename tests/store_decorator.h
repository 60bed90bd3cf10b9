// A store that passes everything on to a real one: what tests derive from to watch a store or make it fail.
#pragma once

#include <memory>
#include <utility>

#include "bridge/store/store.h"

namespace msync {

class StoreDecorator : public Store {
 public:
  explicit StoreDecorator(std::unique_ptr<Store> real) : real_(std::move(real)) {}

  StoreIdentity identity() override { return real_->identity(); }
  std::uint64_t raise_boot() override { return real_->raise_boot(); }
  void begin() override { real_->begin(); }
  void commit() override { real_->commit(); }
  void rollback() noexcept override { real_->rollback(); }
  void savepoint() override { real_->savepoint(); }
  void release() override { real_->release(); }
  void rollback_to() override { real_->rollback_to(); }
  ScopeRow scope(std::string_view topic, std::string_view name) override { return real_->scope(topic, name); }
  void save(const ScopeRow& row) override { real_->save(row); }
  std::optional<Entity> entity(std::int64_t scope, std::string_view id) override {
    return real_->entity(scope, id);
  }
  void save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) override {
    real_->save(scope, id, entity, at_ms);
  }
  std::uint64_t replica_n(const ReplicaKey& key) override { return real_->replica_n(key); }
  void save_replica_n(const ReplicaKey& key, std::uint64_t n) override { real_->save_replica_n(key, n); }
  void save_seen(const ReplicaKey& key, std::uint64_t seq, std::int64_t at_ms) override {
    real_->save_seen(key, seq, at_ms);
  }
  std::optional<ScopeRow> scope_to_sweep(std::int64_t after) override { return real_->scope_to_sweep(after); }
  std::uint64_t tombstones_older_than(std::int64_t scope, std::int64_t at_ms, std::size_t max_rows) override {
    return real_->tombstones_older_than(scope, at_ms, max_rows);
  }
  std::optional<std::uint64_t> seen_by_all(std::int64_t scope, std::int64_t since_ms) override {
    return real_->seen_by_all(scope, since_ms);
  }
  std::size_t purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) override {
    return real_->purge_tombstones(scope, up_to_seq, max_rows);
  }
  void save_outcome(const ReplicaKey& key, const MutationResult& result) override {
    real_->save_outcome(key, result);
  }
  std::optional<MutationResult> outcome(const ReplicaKey& key, std::uint64_t n) override {
    return real_->outcome(key, n);
  }
  void save_conflict(std::int64_t scope, const ConflictRecord& record) override {
    real_->save_conflict(scope, record);
  }
  void save_history(std::int64_t scope, const HistoryRecord& record) override {
    real_->save_history(scope, record);
  }
  std::size_t trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows) override {
    return real_->trim_history(scope, older_than_ms, max_rows);
  }
  void save_accepted(std::string_view collection, std::string_view fingerprint) override {
    real_->save_accepted(collection, fingerprint);
  }
  void save_revocation(const Revocation& revocation) override { real_->save_revocation(revocation); }
  std::vector<Revocation> revocations() override { return real_->revocations(); }
  std::size_t drop_revocations(std::int64_t now_s) override { return real_->drop_revocations(now_s); }
  std::optional<RequestRecord> request(std::string_view user, std::string_view key) override {
    return real_->request(user, key);
  }
  void save_request(const RequestRecord& request) override { real_->save_request(request); }
  std::size_t drop_requests(std::int64_t older_than_ms, std::size_t max_rows) override {
    return real_->drop_requests(older_than_ms, max_rows);
  }
  void save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq) override {
    real_->save_webhook(name, scope, seq);
  }
  void keep_webhooks(const std::vector<std::string>& names) override { real_->keep_webhooks(names); }
  void save_published(std::int64_t scope, std::uint64_t seq) override { real_->save_published(scope, seq); }
  std::vector<Behind> unpublished() override { return real_->unpublished(); }
  std::int64_t last_time_ms() override { return real_->last_time_ms(); }
  void save_last_time_ms(std::int64_t now_ms) override { real_->save_last_time_ms(now_ms); }

 protected:
  Store& real() { return *real_; }

 private:
  std::unique_ptr<Store> real_;
};

}  // namespace msync
