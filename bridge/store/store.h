// The store: the only truth. What was committed here is what readers get, by tailing it.
//
// Two faces. `Store` writes: one object, one thread (the pipeline's), inside transactions. `StoreReader` reads:
// any number, each on its own connection and its own thread, never waiting for the writer; one View is one
// consistent snapshot. Both throw StoreError for a broken environment; nothing a client sends can cause one.
//
// Durability: when commit() has returned, the transaction survives power loss. When it has thrown, its fate is
// unknown: the caller reopens and looks the numbers up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/store/records.h"
#include "core/digest.h"
#include "core/door_message.h"
#include "core/message.h"
#include "core/reconcile.h"

namespace msync {

class StoreError : public std::runtime_error {
 public:
  enum class Kind {
    busy,        // another process holds the lock; worth another try
    full,        // no space; worth another try when there is some
    unwritable,  // permissions, read-only medium, missing folder
    unreadable,  // the medium or its file system does not answer; nothing is known to be damaged
    corrupt,  // damaged, or a row whose checksum does not fit, or its log was deleted: the process must end
    newer,    // written by a later version of this program
    other,
  };
  StoreError(Kind kind, const std::string& what) : std::runtime_error(what), kind(kind) {}
  Kind kind;
};

/// One scope's row. `id` is the store's own short name for it.
struct ScopeRow {
  std::int64_t id = 0;
  std::string topic;
  std::string collection;
  std::uint64_t seq = 0;      // head: the last change's number
  std::uint64_t horizon = 0;  // deltas from below it need a snapshot
  std::uint64_t count = 0;    // live entities
  Digest digest;
};

/// A replica in one scope: its numbers are never forgotten.
struct ReplicaKey {
  std::string user;
  std::string src;
  std::int64_t scope = 0;
};

/// A scope whose head is above its published cursor.
struct Behind {
  ScopeRow scope;
  std::uint64_t published = 0;
};

/// What the store remembers about itself.
struct StoreIdentity {
  std::string epoch;       // `<ms when made>-<random>`
  std::uint64_t boot = 0;  // rises with every open for writing, and with raise_boot()
};

/// How much there is of everything, and what it takes: bytes of the database and of its log, 0 in memory.
struct StoreTotals {
  std::uint64_t scopes = 0;
  std::uint64_t documents = 0;  // alive
};
struct StoreSize {
  std::uint64_t bytes = 0;
  std::uint64_t log_bytes = 0;
};

/// The writing side. Not thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  virtual StoreIdentity identity() = 0;

  /// From now on changes belong to a new boot, durably; returns it. Without a transaction.
  virtual std::uint64_t raise_boot() = 0;

  /// Transactions do not nest. rollback() without a transaction does nothing.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  /// A savepoint inside the transaction: an atomic group that fails undoes only itself.
  virtual void savepoint() = 0;
  virtual void release() = 0;
  virtual void rollback_to() = 0;

  /// The scope of this topic, made on first use.
  virtual ScopeRow scope(std::string_view topic, std::string_view collection) = 0;
  /// Writes seq, horizon, count and digest back. If seq has moved, the scope has changed under this boot.
  virtual void save(const ScopeRow& scope) = 0;

  /// The entity, alive or a tombstone; Kind::corrupt if its checksum does not fit.
  virtual std::optional<Entity> entity(std::int64_t scope, std::string_view id) = 0;
  /// `at_ms` is the server's time: a tombstone's age is counted from it.
  virtual void save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) = 0;

  /// The last number used up; 0 for a replica never seen.
  virtual std::uint64_t replica_n(const ReplicaKey& key) = 0;
  virtual void save_replica_n(const ReplicaKey& key, std::uint64_t n) = 0;
  /// A replica's word on how far it has durably come, and when it said so.
  virtual void save_seen(const ReplicaKey& key, std::uint64_t seq, std::int64_t at_ms) = 0;

  /// The first scope with an id above `after` that has tombstones or history.
  virtual std::optional<ScopeRow> scope_to_sweep(std::int64_t after) = 0;
  /// The seq up to which every tombstone came before `at_ms`; 0 if the oldest did not. Looks at `max_rows` only.
  virtual std::uint64_t tombstones_older_than(std::int64_t scope, std::int64_t at_ms,
                                              std::size_t max_rows) = 0;
  /// How far all replicas of the scope that reported at `since_ms` or later have durably come; nothing if none did.
  virtual std::optional<std::uint64_t> seen_by_all(std::int64_t scope, std::int64_t since_ms) = 0;
  /// Forgets tombstones with seq <= up_to_seq, oldest first, at most `max_rows`, and returns how many. The scope's
  /// horizon rises to the last one's seq; the row is saved.
  virtual std::size_t purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) = 0;

  /// Keeps an outcome that was not simply `applied`; older than the newest limits::outcomes_kept are dropped.
  virtual void save_outcome(const ReplicaKey& key, const MutationResult& result) = 0;
  virtual std::optional<MutationResult> outcome(const ReplicaKey& key, std::uint64_t n) = 0;

  /// Keeps a record of the scope; older than the newest limits::conflicts_kept of it, and beyond
  /// limits::conflicts_kept_in_store, are dropped. `record.scope` is not looked at.
  virtual void save_conflict(std::int64_t scope, const ConflictRecord& record) = 0;

  /// Likewise; one for each seq.
  virtual void save_history(std::int64_t scope, const HistoryRecord& record) = 0;
  /// Drops the scope's oldest rows of history that were stored before `older_than_ms`, at most `max_rows`. How
  /// many there were: fewer than `max_rows` means that none is left. Costs next to nothing where none is due.
  virtual std::size_t trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows) = 0;

  /// Which schema the store's documents of a collection were last held against: Collection::fingerprint.
  virtual void save_accepted(std::string_view collection, std::string_view fingerprint) = 0;

  /// Keeps a revocation in the place of one of the same user or token.
  virtual void save_revocation(const Revocation& revocation) = 0;
  virtual std::vector<Revocation> revocations() = 0;
  /// Forgets those that have ended by then. How many there were.
  virtual std::size_t drop_revocations(std::int64_t now_s) = 0;

  /// What became of a named request; nothing if it was never made, or long ago.
  virtual std::optional<RequestRecord> request(std::string_view user, std::string_view key) = 0;
  virtual void save_request(const RequestRecord& request) = 0;
  /// Forgets requests made before `older_than_ms`, at most `max_rows`. How many there were.
  virtual std::size_t drop_requests(std::int64_t older_than_ms, std::size_t max_rows) = 0;

  /// How far a webhook has delivered a scope. What is not among the names any more is forgotten.
  virtual void save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq) = 0;
  virtual void keep_webhooks(const std::vector<std::string>& names) = 0;

  /// The publisher's cursor: deltas up to `seq` are with the broker.
  virtual void save_published(std::int64_t scope, std::uint64_t seq) = 0;
  virtual std::vector<Behind> unpublished() = 0;

  /// The largest `now` ever given to a client: so that it never goes back over restarts.
  virtual std::int64_t last_time_ms() = 0;
  virtual void save_last_time_ms(std::int64_t now_ms) = 0;
};

/// One consistent snapshot. Lives at most as long as its reader; one at a time per reader.
class View {
 public:
  virtual ~View() = default;

  virtual std::optional<ScopeRow> scope(std::string_view topic) = 0;
  virtual std::optional<ScopeRow> scope(std::int64_t id) = 0;

  /// The newest changes with seq in (from, to], ascending, until `each` returns false.
  virtual void changes(std::int64_t scope, std::uint64_t from, std::uint64_t to,
                       const std::function<bool(Change&&)>& each) = 0;

  virtual std::uint64_t replica_n(const ReplicaKey& key) = 0;
  /// Stored outcomes with n > acked, ascending.
  virtual std::vector<MutationResult> outcomes(const ReplicaKey& key, std::uint64_t acked) = 0;

  /// Scopes whose head is above their published cursor.
  virtual std::vector<Behind> unpublished() = 0;

  /// All scopes by topic; those that changed under this boot or a later one.
  virtual std::vector<ScopeRow> scopes() = 0;
  virtual std::vector<ScopeRow> scopes_since(std::uint64_t boot) = 0;

  /// Records, oldest first, until `each` returns false.
  virtual void conflicts(const RecordFilter& filter, const std::function<bool(ConflictRecord&&)>& each) = 0;
  virtual void history(const RecordFilter& filter, const std::function<bool(HistoryRecord&&)>& each) = 0;

  /// The fingerprint last saved, by collection.
  virtual std::map<std::string, std::string> accepted() = 0;

  /// A live entity's newest state; nothing for a tombstone or an unknown id.
  virtual std::optional<Change> document(std::int64_t scope, std::string_view id) = 0;
  /// Live entities with an id above `after` (as bytes), ascending, until `each` returns false, or until `max_rows` were
  /// looked at, tombstones included, and there are more: then the last one's id, which is the next `after`.
  virtual std::optional<std::string> documents(std::int64_t scope, std::string_view after,
                                               std::size_t max_rows,
                                               const std::function<bool(Change&&)>& each) = 0;

  /// Replicas of a scope (of all scopes for an empty topic), most recently heard first, until `each` returns false.
  virtual void replicas(std::string_view scope, const std::function<bool(ReplicaRecord&&)>& each) = 0;

  /// For those who watch. One pass over the table of scopes.
  virtual StoreTotals totals() = 0;
  /// How many tombstones each scope has, of those that have some and an id above `after`, ascending; until `each` returns
  /// false.
  virtual void tombstone_counts(std::int64_t after,
                                const std::function<bool(std::int64_t scope, std::uint64_t count)>& each) = 0;
  /// Replicas that have said how far they are, of scopes with an id above `after`, scope by scope; without their n.
  virtual void reports(std::int64_t after,
                       const std::function<bool(std::int64_t scope, ReplicaRecord&&)>& each) = 0;
  /// How many replicas of a scope have said so; no more than `most` are counted.
  virtual std::uint64_t readers(std::int64_t scope, std::size_t most) = 0;
  /// The newest records with a number above `after`, newest first, at most `most`.
  virtual std::vector<NumberedConflict> conflicts_after(std::int64_t after, std::size_t most) = 0;
  /// Scopes whose topic contains this text, by topic.
  virtual void find_scopes(std::string_view text, const std::function<bool(ScopeRow&&)>& each) = 0;
  /// Replicas of whose topic, user or src it is a part, by user; looks at one after the other.
  virtual void find_replicas(std::string_view text, const std::function<bool(ReplicaRecord&&)>& each) = 0;

  /// How far a webhook has come, by scope.
  virtual std::map<std::int64_t, std::uint64_t> webhook(std::string_view name) = 0;

  /// Those that are kept, ended ones perhaps among them.
  virtual std::vector<Revocation> revocations() = 0;
};

/// The reading side. One thread at a time per object.
class StoreReader {
 public:
  virtual ~StoreReader() = default;
  virtual std::unique_ptr<View> view() = 0;
};

/// What `--store` names: `sqlite:FILE`, or `sqlite::memory:NAME` for a store in memory that all who name it in this
/// process share, gone when the last of them is closed: a simulation that keeps a reader can "crash" its bridge and
/// open the store again. Open the store before its readers, and hold no view while a transaction is open: there one
/// waits for the other. No name: the store is its opener's alone, without readers.
///
/// Opens for writing, makes the database or migrates it, checks it, and
/// takes the lock that keeps a second bridge out. Code::bad_config for an address it does not know; StoreError
/// with a remedy in its text otherwise.
Result<std::unique_ptr<Store>> open_store(const std::string& address, std::int64_t now_ms);

/// A reader of the same address; works beside a running bridge and after it.
Result<std::unique_ptr<StoreReader>> open_reader(const std::string& address);

/// What the files of this store take now. Any thread, beside everything else.
StoreSize store_size(const std::string& address);

}  // namespace msync
