// The store on SQLite: the writing side. See store.h for what it promises.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bridge/store/lock_file.h"
#include "bridge/store/sqlite_db.h"
#include "bridge/store/sqlite_records.h"
#include "bridge/store/store.h"

namespace msync {

/// The cell whose cursor `save_published` moves; several cells come with a store that several bridges share.
inline constexpr const char* store_cell = "main";

class SqliteStore final : public Store {
 public:
  /// Opens, checks, makes or migrates. `file` is absolute, or names a database in memory (sqlite_db.h).
  SqliteStore(const std::string& file, std::int64_t now_ms);
  ~SqliteStore() override;

  StoreIdentity identity() override { return identity_; }
  std::uint64_t raise_boot() override;

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void savepoint() override;
  void release() override;
  void rollback_to() override;

  ScopeRow scope(std::string_view topic, std::string_view collection) override;
  void save(const ScopeRow& scope) override;

  std::optional<Entity> entity(std::int64_t scope, std::string_view id) override;
  void save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) override;

  std::uint64_t replica_n(const ReplicaKey& key) override;
  void save_replica_n(const ReplicaKey& key, std::uint64_t n) override;
  void save_seen(const ReplicaKey& key, std::uint64_t seq, std::int64_t at_ms) override;

  std::optional<ScopeRow> scope_to_sweep(std::int64_t after) override;
  std::uint64_t tombstones_older_than(std::int64_t scope, std::int64_t at_ms, std::size_t max_rows) override;
  std::optional<std::uint64_t> seen_by_all(std::int64_t scope, std::int64_t since_ms) override;
  std::size_t purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) override;

  void save_outcome(const ReplicaKey& key, const MutationResult& result) override;
  std::optional<MutationResult> outcome(const ReplicaKey& key, std::uint64_t n) override;

  void save_conflict(std::int64_t scope, const ConflictRecord& record) override;
  void save_history(std::int64_t scope, const HistoryRecord& record) override;
  std::size_t trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows) override;
  void save_accepted(std::string_view collection, std::string_view fingerprint) override;

  void save_revocation(const Revocation& revocation) override;
  std::vector<Revocation> revocations() override;
  std::size_t drop_revocations(std::int64_t now_s) override;

  std::optional<RequestRecord> request(std::string_view user, std::string_view key) override;
  void save_request(const RequestRecord& request) override;
  std::size_t drop_requests(std::int64_t older_than_ms, std::size_t max_rows) override;

  void save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq) override;
  void keep_webhooks(const std::vector<std::string>& names) override;

  void save_published(std::int64_t scope, std::uint64_t seq) override;
  std::vector<Behind> unpublished() override;

  std::int64_t last_time_ms() override;
  void save_last_time_ms(std::int64_t now_ms) override;

 private:
  struct Statements;

  /// Throws if the database gave up a transaction that its user still believes in: what is written then would
  /// be committed piece by piece.
  void must_be_whole() const;
  /// Throws if somebody took the files from under the connection.
  void must_be_in_place() const;
  /// Takes the lock and makes the file where there is none.
  const std::string& prepared(const std::string& file);
  void start(std::int64_t now_ms);

  std::optional<LockFile> lock_;  // first to be taken, last to go
  sqlite::Connection connection_;
  std::unique_ptr<Statements> sql_;
  std::unique_ptr<RecordWriter> records_;
  StoreIdentity identity_;
  std::uint64_t log_inode_ = 0;  // of the file's -wal, which stays the same while the store is open
  bool in_transaction_ = false;
};

}  // namespace msync
