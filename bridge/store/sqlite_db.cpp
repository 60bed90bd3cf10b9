#include "bridge/store/sqlite_db.h"

#include <sqlite3.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "bridge/store/store.h"

namespace msync::sqlite {
namespace {

using Kind = StoreError::Kind;

constexpr std::string_view private_memory = ":memory:";

bool no_space(int code, int system) {
  return (code & 0xff) == SQLITE_FULL || system == ENOSPC || system == EDQUOT || system == EFBIG;
}

bool is_medium(int error) {
  return error == EIO || error == ENXIO;
}

/// SQLite reports a read that failed with EIO as a damaged database, and keeps the reason to itself. It is still the
/// thread's last error.
bool medium_failed(int code, int last) {
  const bool said_damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
  return code == SQLITE_IOERR_CORRUPTFS || (said_damaged && is_medium(last));
}

Kind kind_of(int code, int system) {
  // What the system says is nearer to the cause than what SQLite was doing.
  const bool io =
      (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_FULL;
  if (no_space(code, io ? system : 0)) return Kind::full;
  if (io && (system == EACCES || system == EPERM || system == EROFS)) return Kind::unwritable;
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Kind::busy;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Kind::unwritable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Kind::corrupt;
    default:
      return Kind::other;
  }
}

const char* remedy(Kind kind) {
  switch (kind) {
    case Kind::busy:
      return "another process holds its lock (a backup, a sqlite3 shell?): end that, or wait; it is tried "
             "again";
    case Kind::full:
      return "free some space on its file system; nothing acknowledged is lost, and it is tried again";
    case Kind::unwritable:
      return "make the file and its folder readable and writable for the user that runs this";
    case Kind::corrupt:
      return "keep a copy of the file with its -wal, look at the disk, and restore the latest backup";
    case Kind::unreadable:
      return "look at the disk and the system's log: the medium did not give what was asked, nothing is "
             "known to be "
             "damaged";
    case Kind::newer:
      return "install the version of this program that wrote it, or a later one";
    case Kind::other:
      break;
  }
  return "look at the disk and the system's log; nothing acknowledged is lost";
}

}  // namespace

Connection::Connection(const std::string& file, Mode mode) : file_(file) {
  try {
    // A reader, too, opens for writing: it may have to recover the log, or to make the shared index.
    open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE);
    if (mode == Mode::read) run("PRAGMA query_only = ON");
  } catch (...) {
    sqlite3_close(db_);
    throw;
  }
}

void Connection::open(int flags) {
  // The VFS "memdb" shares what has a name that begins with a slash.
  const bool shared = in_memory(file_) && file_ != private_memory;
  const std::string name = shared ? "/" + file_.substr(private_memory.size()) : file_;
  if (in_memory(file_)) flags |= SQLITE_OPEN_CREATE | (shared ? 0 : SQLITE_OPEN_MEMORY);
  forget_errors();
  const int code = sqlite3_open_v2(name.c_str(), &db_, flags, shared ? "memdb" : nullptr);
  if (db_ != nullptr) sqlite3_extended_result_codes(db_, 1);
  if (code != SQLITE_OK) fail(db_ != nullptr ? sqlite3_extended_errcode(db_) : code);
  sqlite3_busy_timeout(db_, limits::store_busy_ms);
  // The hook replaces SQLite's own checkpoints, which never wait for a reader and so can be starved by
  // readers.
  due_pages_ = limits::store_wal_bytes / 4096;
  const auto committed = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(db_, committed, this);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Connection::~Connection() {
  sqlite3_close(db_);
}

void Connection::run(const char* sql) {
  forget_errors();
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::number(const char* sql) {
  const std::string first = text(sql);
  return first.empty() ? 0 : std::stoll(first);
}

std::string Connection::text(const char* sql) {
  read_failed_ = false;
  Statement statement(*this, sql);
  Query query(statement);
  if (!query.row()) return {};
  std::string first(query.text(0));
  // To the end: a pragma that changes the file (journal_mode) commits, and can fail, after its row.
  while (query.row()) {
  }
  return first;
}

void Connection::forget_errors() {
  errno = 0;
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

bool Connection::moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

void Connection::checkpoint_if_due() noexcept {
  const std::int64_t quantum = limits::store_wal_bytes / 4096;
  if (wal_pages_ < due_pages_) {
    if (wal_pages_ < quantum) due_pages_ = quantum;  // the log has started over
    return;
  }
  // The first attempt takes what readers leave; if the log grew on nevertheless, the next ones wait for them.
  const bool wait = due_pages_ > quantum;
  if (wait) sqlite3_busy_timeout(db_, limits::store_checkpoint_wait_ms);
  sqlite3_wal_checkpoint_v2(db_, nullptr, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            nullptr, nullptr);
  if (wait) sqlite3_busy_timeout(db_, limits::store_busy_ms);
  due_pages_ = wal_pages_ + quantum;
}

void Connection::copy_to(Connection& target, const std::function<void(int, int)>& progress) {
  // Within a read transaction of its own the source is one snapshot. Without, each step would see what was
  // written since the last and begin again: a copy beside a busy writer would never end.
  run("BEGIN");
  number("SELECT count(*) FROM sqlite_schema");
  const auto finish = [](sqlite3_backup* copy) { sqlite3_backup_finish(copy); };
  std::unique_ptr<sqlite3_backup, decltype(finish)> copy(sqlite3_backup_init(target.db_, "main", db_, "main"),
                                                         finish);
  int code = copy ? SQLITE_OK : sqlite3_extended_errcode(target.db_), last = 0;
  while (copy && code == SQLITE_OK) {
    forget_errors();
    code = sqlite3_backup_step(copy.get(), limits::backup_step_pages);
    last = errno;
    const int total = sqlite3_backup_pagecount(copy.get());
    if (progress) progress(total - sqlite3_backup_remaining(copy.get()), total);
  }
  copy.reset();
  run("ROLLBACK");
  errno = last;
  if (code != SQLITE_DONE) target.fail(code);
}

void Connection::fail(int code) const {
  const bool unread = medium_failed(code, errno);
  const int system = unread ? errno : db_ != nullptr ? sqlite3_system_errno(db_) : 0;
  const Kind kind = unread ? Kind::unreadable : kind_of(code, system);
  std::string what = file_ + ": ";
  what += unread ? "it could not be read" : db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  what += " (SQLite code " + std::to_string(code);
  if (system != 0) what += ", " + std::generic_category().message(system);
  what += "); ";
  throw StoreError(kind, what + remedy(kind));
}

Statement::Statement(Connection& connection, const char* sql) : connection_(connection) {
  Connection::forget_errors();
  const int code =
      sqlite3_prepare_v3(connection.db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) connection.fail(code);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Query::~Query() {
  sqlite3_reset(statement_.statement_);
  sqlite3_clear_bindings(statement_.statement_);
}

bool Query::row() {
  Connection::forget_errors();
  const int code = sqlite3_step(statement_.statement_);
  if (is_medium(errno)) statement_.connection_.read_failed_ = true;
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) statement_.connection_.fail(code);
  return false;
}

std::int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_.statement_, column);
}

bool Query::null(int column) const {
  return sqlite3_column_type(statement_.statement_, column) == SQLITE_NULL;
}

std::string_view Query::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.statement_, column))};
}

void Query::bind_number(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.statement_, index, value);
  if (code != SQLITE_OK) statement_.connection_.fail(code);
}

void Query::bind_text(int index, std::string_view text) {
  // A view without memory is an empty text here, not NULL.
  const char* bytes = text.data() != nullptr ? text.data() : "";
  const int code =
      sqlite3_bind_text64(statement_.statement_, index, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) statement_.connection_.fail(code);
}

}  // namespace msync::sqlite
