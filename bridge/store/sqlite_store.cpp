#include "bridge/store/sqlite_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "bridge/store/entity_row.h"
#include "bridge/store/meta.h"
#include "bridge/store/migrations.h"
#include "bridge/store/rows.h"

namespace msync {
namespace {

using sqlite::Connection;
using sqlite::Query;
using sqlite::Statement;

/// 0 if there is no such file. StoreError unreadable if the system cannot say.
std::uint64_t inode_of(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) == 0) return status.st_ino;
  if (errno == ENOENT || errno == ENOTDIR) return 0;
  throw StoreError(StoreError::Kind::unreadable, file + ": " + std::generic_category().message(errno) +
                                                     "; look at the disk and the system's log");
}

void configure(Connection& connection) {
  if (sqlite::in_memory(connection.file())) {
    connection.run("PRAGMA journal_mode = MEMORY");
  } else if (connection.text("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreError(StoreError::Kind::other,
                     connection.file() +
                         ": its file system cannot share memory between processes (a network "
                         "share?); put the store on a local disk");
  }
  connection.run("PRAGMA synchronous = FULL");
  connection.run("PRAGMA foreign_keys = ON");
  connection.run("PRAGMA temp_store = MEMORY");
  connection.run(("PRAGMA cache_size = -" + std::to_string(limits::store_cache_bytes / 1024)).c_str());
  connection.run(("PRAGMA journal_size_limit = " + std::to_string(limits::store_wal_bytes)).c_str());
}

const std::string find_scope = std::string("SELECT ") + scope_columns + " FROM scope WHERE topic = ?1";

const std::string find_entity =
    std::string("SELECT ") + EntityRow::columns + " FROM entity WHERE scope = ?1 AND id = ?2";

const std::string to_sweep = std::string("SELECT ") + scope_columns +
                             " FROM scope WHERE id = (SELECT min(next) FROM (SELECT min(scope) AS next FROM "
                             "tombstone WHERE scope > ?1 "
                             "UNION ALL SELECT min(scope) FROM history WHERE scope > ?1))";

const std::string save_entity = std::string("INSERT INTO entity (") + EntityRow::columns +
                                ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17) ON "
                                "CONFLICT (scope, id) DO UPDATE SET "
                                "seq=?3, version=?4, edited=?5, ts=?6, user=?7, src=?8, by=?9, by_src=?10, "
                                "by_n=?11, put_ts=?12, put_src=?13, "
                                "deleted=?14, data=?15, clocks=?16, checksum=?17";

}  // namespace

struct SqliteStore::Statements {
  explicit Statements(Connection& db) : db(db) {}

  Connection& db;
  Statement begin{db, "BEGIN IMMEDIATE"};
  Statement commit{db, "COMMIT"};
  Statement savepoint{db, "SAVEPOINT one"};
  Statement release{db, "RELEASE one"};
  Statement rollback_to{db, "ROLLBACK TO one"};

  Statement find_scope{db, msync::find_scope.c_str()};
  Statement make_scope{db,
                       "INSERT INTO scope (topic, collection, seq, horizon, count, digest) VALUES "
                       "(?1,?2,0,0,0,0) RETURNING id"};
  Statement save_scope{
      db, "UPDATE scope SET boot=iif(seq=?2, boot, ?6), seq=?2, horizon=?3, count=?4, digest=?5 WHERE id=?1"};

  Statement find_entity{db, msync::find_entity.c_str()};
  Statement save_entity{db, msync::save_entity.c_str()};

  Statement forget_tombstone{db,
                             "DELETE FROM tombstone WHERE scope=?1 AND seq=(SELECT seq FROM entity WHERE "
                             "scope=?1 AND id=?2 AND deleted=1)"};
  Statement save_tombstone{db, "INSERT INTO tombstone (scope, seq, at) VALUES (?1,?2,?3)"};
  Statement to_sweep{db, msync::to_sweep.c_str()};
  Statement tombstones{db, "SELECT seq, at FROM tombstone WHERE scope=?1 AND seq<=?2 ORDER BY seq LIMIT ?3"};
  Statement purge_entities{db,
                           "DELETE FROM entity WHERE scope=?1 AND deleted=1 AND seq IN (SELECT seq FROM "
                           "tombstone WHERE scope=?1 AND seq<=?2)"};
  Statement purge_tombstones{db, "DELETE FROM tombstone WHERE scope=?1 AND seq<=?2"};

  Statement least_seen{db, "SELECT min(seen) FROM replica WHERE scope=?1 AND seen_at>=?2 AND seen_at>0"};
  Statement find_n{db, "SELECT n FROM replica WHERE user=?1 AND src=?2 AND scope=?3"};
  Statement save_n{db,
                   "INSERT INTO replica (user, src, scope, n, seen, seen_at) VALUES (?1,?2,?3,?4,0,0) "
                   "ON CONFLICT DO UPDATE SET n=?4"};
  Statement save_seen{db,
                      "INSERT INTO replica (user, src, scope, n, seen, seen_at) VALUES (?1,?2,?3,0,?4,?5) "
                      "ON CONFLICT DO UPDATE SET seen=?4, seen_at=?5"};

  Statement find_outcome{db, "SELECT result FROM outcome WHERE user=?1 AND src=?2 AND scope=?3 AND n=?4"};
  Statement save_outcome{
      db, "INSERT OR REPLACE INTO outcome (user, src, scope, n, result) VALUES (?1,?2,?3,?4,?5)"};
  Statement trim_outcomes{
      db,
      "DELETE FROM outcome WHERE user=?1 AND src=?2 AND scope=?3 AND n <= (SELECT n FROM outcome "
      "WHERE user=?1 AND src=?2 AND scope=?3 ORDER BY n DESC LIMIT 1 OFFSET ?4)"};

  Statement save_published{
      db,
      "INSERT INTO published (cell, scope, seq) VALUES (?1,?2,?3) ON CONFLICT DO UPDATE SET "
      "seq=?3"};
  Statement behind{db, select_behind};
  Statement last_time{db, "SELECT last_time FROM meta"};
  Statement save_last_time{db, "UPDATE meta SET last_time=?1"};
};

SqliteStore::SqliteStore(const std::string& file, std::int64_t now_ms)
    : connection_(prepared(file), Connection::Mode::write) {
  start(now_ms);
}

SqliteStore::~SqliteStore() {
  rollback();
}

const std::string& SqliteStore::prepared(const std::string& file) {
  if (sqlite::in_memory(file)) return file;
  lock_.emplace(file);
  // For its owner alone; SQLite gives its companions the same mode. An existing file is not opened here: closing it
  // would drop the locks that a reader in this process has on it.
  const int made = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) close(made);
  return file;  // why it could not be made, SQLite will say
}

void SqliteStore::start(std::int64_t now_ms) {
  const bool fresh = schema_version(connection_) == 0;
  configure(connection_);
  if (!fresh && !sqlite::in_memory(connection_.file())) quick_check(connection_);
  connection_.run("BEGIN IMMEDIATE");
  in_transaction_ = true;
  migrate(connection_);
  const std::string epoch = new_epoch(now_ms);
  Statement make(connection_, "INSERT INTO meta VALUES (1, ?1, 0, 0) ON CONFLICT DO NOTHING");
  Query(make, epoch).done();
  connection_.run("UPDATE meta SET boot = boot + 1");
  const Meta meta = read_meta(connection_);
  identity_ = {meta.epoch, meta.boot};
  sql_ = std::make_unique<Statements>(connection_);
  records_ = std::make_unique<RecordWriter>(connection_);
  commit();
  log_inode_ = inode_of(connection_.file() + "-wal");
}

void SqliteStore::must_be_whole() const {
  if (!in_transaction_ || connection_.in_transaction()) return;
  throw StoreError(
      StoreError::Kind::other,
      connection_.file() + ": the transaction was rolled back after a failure; nothing of it is stored");
}

void SqliteStore::must_be_in_place() const {
  if (lock_) lock_->must_be_readable();
  const std::string& file = connection_.file();
  if (connection_.moved())
    throw StoreError(StoreError::Kind::other,
                     file +
                         " was moved, deleted or replaced while in use; put it back with its "
                         "-wal, or restart the bridge to use what is there now");
  // Commits would go into a file that nobody finds again. An orderly end still brings them into the database.
  if (inode_of(file + "-wal") != log_inode_)
    throw StoreError(StoreError::Kind::corrupt,
                     file +
                         "-wal was deleted or replaced while in use; it must not be touched. "
                         "The bridge ends to save what it holds: start it again");
}

void SqliteStore::begin() {
  must_be_in_place();
  Query(sql_->begin).done();
  in_transaction_ = true;
}

void SqliteStore::commit() {
  must_be_whole();
  Query(sql_->commit).done();
  in_transaction_ = false;
  // A file system that shuts itself down may answer to a sync under way that all went well. But it refuses every read
  // from before it gives that answer: a commit after which there is one left is on the disk.
  if (lock_) lock_->must_be_readable();
  connection_.checkpoint_if_due();
}

void SqliteStore::rollback() noexcept {
  in_transaction_ = false;
  if (!connection_.in_transaction()) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const StoreError&) {
    // SQLite then keeps the transaction open; the next begin() fails and says so, and closing drops it.
  }
}

std::uint64_t SqliteStore::raise_boot() {
  begin();
  try {
    connection_.run("UPDATE meta SET boot = boot + 1");
    const std::uint64_t boot = read_meta(connection_).boot;
    commit();
    identity_.boot = boot;
    return boot;
  } catch (...) {
    rollback();
    throw;
  }
}

void SqliteStore::savepoint() {
  Query(sql_->savepoint).done();
}

void SqliteStore::release() {
  Query(sql_->release).done();
}

void SqliteStore::rollback_to() {
  Query(sql_->rollback_to).done();
  Query(sql_->release).done();
}

ScopeRow SqliteStore::scope(std::string_view topic, std::string_view collection) {
  {
    Query found(sql_->find_scope, topic);
    if (found.row()) return scope_row(found);
  }
  must_be_whole();
  ScopeRow row;
  row.topic = topic;
  row.collection = collection;
  Query made(sql_->make_scope, topic, collection);
  made.row();
  row.id = made.number(0);
  made.done();
  return row;
}

void SqliteStore::save(const ScopeRow& scope) {
  must_be_whole();
  Query(sql_->save_scope, scope.id, scope.seq, scope.horizon, scope.count, scope.digest.bits(),
        identity_.boot)
      .done();
}

std::optional<Entity> SqliteStore::entity(std::int64_t scope, std::string_view id) {
  Query found(sql_->find_entity, scope, id);
  if (!found.row()) return std::nullopt;
  return EntityRow(found).entity();
}

void SqliteStore::save(std::int64_t scope, std::string_view id, const Entity& entity, std::int64_t at_ms) {
  must_be_whole();
  Query(sql_->forget_tombstone, scope, id).done();
  const EntityText text(entity);
  const EntityRow row(scope, id, entity, text);
  std::optional<std::string_view> data, clocks;
  if (!row.deleted) data = row.data;
  if (!row.clocks.empty()) clocks = row.clocks;
  Query(sql_->save_entity, row.scope, row.id, row.seq, row.version, row.edited, row.ts, row.user, row.src,
        row.by, row.by_src, row.by_n, row.put_ts, row.put_src, row.deleted, data, clocks, row.checksum())
      .done();
  if (row.deleted) Query(sql_->save_tombstone, scope, row.seq, at_ms).done();
}

std::optional<ScopeRow> SqliteStore::scope_to_sweep(std::int64_t after) {
  Query found(sql_->to_sweep, after);
  if (!found.row()) return std::nullopt;
  return scope_row(found);
}

std::uint64_t SqliteStore::tombstones_older_than(std::int64_t scope, std::int64_t at_ms,
                                                 std::size_t max_rows) {
  std::uint64_t older = 0;
  Query found(sql_->tombstones, scope, INT64_MAX, max_rows);
  while (found.row() && found.number(1) < at_ms) older = found.natural(0);
  return older;
}

std::optional<std::uint64_t> SqliteStore::seen_by_all(std::int64_t scope, std::int64_t since_ms) {
  Query found(sql_->least_seen, scope, since_ms);
  if (!found.row() || found.text(0).empty()) return std::nullopt;
  return found.natural(0);
}

std::size_t SqliteStore::purge_tombstones(ScopeRow& scope, std::uint64_t up_to_seq, std::size_t max_rows) {
  must_be_whole();
  std::size_t purged = 0;
  std::uint64_t last = 0;
  {
    Query found(sql_->tombstones, scope.id, std::min<std::uint64_t>(up_to_seq, INT64_MAX), max_rows);
    for (; found.row(); ++purged) last = found.natural(0);
  }
  if (purged == 0) return 0;
  Query(sql_->purge_entities, scope.id, last).done();
  Query(sql_->purge_tombstones, scope.id, last).done();
  scope.horizon = std::max(scope.horizon, last);
  save(scope);
  return purged;
}

std::uint64_t SqliteStore::replica_n(const ReplicaKey& key) {
  Query found(sql_->find_n, key.user, key.src, key.scope);
  return found.row() ? found.natural(0) : 0;
}

void SqliteStore::save_replica_n(const ReplicaKey& key, std::uint64_t n) {
  must_be_whole();
  Query(sql_->save_n, key.user, key.src, key.scope, n).done();
}

void SqliteStore::save_seen(const ReplicaKey& key, std::uint64_t seq, std::int64_t at_ms) {
  must_be_whole();
  Query(sql_->save_seen, key.user, key.src, key.scope, seq, at_ms).done();
}

void SqliteStore::save_outcome(const ReplicaKey& key, const MutationResult& result) {
  must_be_whole();
  const std::string text = encode(result);
  Query(sql_->save_outcome, key.user, key.src, key.scope, result.n, text).done();
  Query(sql_->trim_outcomes, key.user, key.src, key.scope, limits::outcomes_kept).done();
}

std::optional<MutationResult> SqliteStore::outcome(const ReplicaKey& key, std::uint64_t n) {
  Query found(sql_->find_outcome, key.user, key.src, key.scope, n);
  if (!found.row()) return std::nullopt;
  return outcome_row(found, key);
}

void SqliteStore::save_published(std::int64_t scope, std::uint64_t seq) {
  must_be_whole();
  Query(sql_->save_published, std::string_view(store_cell), scope, seq).done();
}

std::vector<Behind> SqliteStore::unpublished() {
  return behind_rows(sql_->behind, store_cell);
}

std::int64_t SqliteStore::last_time_ms() {
  Query found(sql_->last_time);
  return found.row() ? found.number(0) : 0;
}

void SqliteStore::save_last_time_ms(std::int64_t now_ms) {
  must_be_whole();
  Query(sql_->save_last_time, now_ms).done();
}

}  // namespace msync
