#include "client/cpp/store.h"

#include <sqlite3.h>

#include <cstdio>
#include <string_view>

namespace msync::client {
namespace {

/// What this library writes. A later number is another layout.
constexpr int layout = 1;

constexpr const char* kTables = R"(
  CREATE TABLE IF NOT EXISTS device (one INTEGER PRIMARY KEY CHECK (one = 1), value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS documents (
    scope TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL,
    by TEXT NOT NULL, gen INTEGER NOT NULL, data TEXT, PRIMARY KEY (scope, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rows (
    scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scope, kind, name)) WITHOUT ROWID;)";

/// A statement, prepared once. What is bound must live until run() or the last row() has returned.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
      throw StoreFault(sqlite3_errmsg(db));
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  Statement& bind(const Values&... values) {
    sqlite3_reset(statement_);
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }

  bool row() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    const std::string why = code == SQLITE_DONE ? "" : sqlite3_errmsg(db_);
    sqlite3_reset(statement_);
    if (!why.empty()) throw StoreFault(why);
    return false;
  }
  void run() {
    while (row()) {
    }
  }

  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  void bind_one(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind_one(int index, std::uint64_t value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, const std::string& text) {
    sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind_one(int index, const Text& text) {
    if (text) {
      bind_one(index, *text);
    } else {
      sqlite3_bind_null(statement_, index);
    }
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

/// The connection alone, so that its statements, which come after it, go before it.
struct Handle {
  explicit Handle(const std::string& file) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
    if (code == SQLITE_OK) return;
    const std::string why = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    sqlite3_close(db);
    throw StoreFault(why);
  }
  ~Handle() { sqlite3_close(db); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void run(const char* sql) const {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw StoreFault(sqlite3_errmsg(db));
  }

  sqlite3* db = nullptr;
};

/// Opened, locked and with its tables.
struct Prepared : Handle {
  explicit Prepared(const std::string& file) : Handle(file) {
    run("PRAGMA locking_mode = EXCLUSIVE");  // two libraries on one database would be one src twice
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    Statement version(db, "PRAGMA user_version");
    version.row();
    const std::int64_t found = version.number(0);
    version.run();
    if (found > layout) throw StoreFault("it was written by a later version of this library");
    run("BEGIN IMMEDIATE");
    run(kTables);
    run(("PRAGMA user_version = " + std::to_string(layout)).c_str());
    run("COMMIT");
  }
};

}  // namespace

struct Store::Database {
  explicit Database(const std::string& file) : handle(file) {}

  void store(const std::string& scope, const ChangedRows& rows);

  Prepared handle;
  Statement get_device{handle.db, "SELECT value FROM device"};
  Statement put_device{handle.db, "INSERT OR REPLACE INTO device VALUES (1, ?1)"};
  Statement get_documents{handle.db,
                          "SELECT id, version, seq, ts, by, gen, data FROM documents WHERE scope = ?1"};
  Statement put_document{handle.db,
                         "INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
  Statement drop_document{handle.db, "DELETE FROM documents WHERE scope = ?1 AND id = ?2"};
  Statement get_rows{handle.db, "SELECT kind, name, value FROM rows WHERE scope = ?1"};
  Statement put_row{handle.db, "INSERT OR REPLACE INTO rows VALUES (?1, ?2, ?3, ?4)"};
  Statement drop_row{handle.db, "DELETE FROM rows WHERE scope = ?1 AND kind = ?2 AND name = ?3"};
  Statement get_writes{handle.db, "SELECT value FROM rows WHERE kind = 'o'"};
};

void Store::Database::store(const std::string& scope, const ChangedRows& rows) {
  for (const auto& [id, row] : rows.documents) {
    if (row) {
      put_document.bind(scope, id, row->version, row->seq, row->ts, row->by, row->gen, row->data).run();
    } else {
      drop_document.bind(scope, id).run();
    }
  }
  for (const auto& [key, value] : rows.others) {
    const std::string kind(1, static_cast<char>(key.first));
    if (value) {
      put_row.bind(scope, kind, key.second, *value).run();
    } else {
      drop_row.bind(scope, kind, key.second).run();
    }
  }
}

namespace {

/// What SQLite says is told with the file's name.
template <class Body>
auto named(const std::string& file, Body body) {
  try {
    return body();
  } catch (const StoreFault& fault) {
    throw StoreFault(file + ": " + fault.what());
  }
}

}  // namespace

Store::Store(std::string file) : file_(std::move(file)) {
  reopen();
}

Store::~Store() = default;

void Store::reopen() {
  database_.reset();
  named(file_, [this] { database_ = std::make_unique<Database>(file_); });
}

std::string Store::device() {
  return named(file_, [this] {
    Statement& query = database_->get_device.bind();
    std::string value = query.row() ? query.text(0) : std::string();
    query.bind();
    return value;
  });
}

StoredRows Store::read(const std::string& scope) {
  return named(file_, [&] {
    StoredRows rows;
    Statement& documents = database_->get_documents.bind(scope);
    while (documents.row()) {
      rows.documents.emplace_back(
          documents.text(0), Confirmed{static_cast<std::uint64_t>(documents.number(1)),
                                       static_cast<std::uint64_t>(documents.number(2)), documents.number(3),
                                       documents.text(4), static_cast<std::uint64_t>(documents.number(5)),
                                       documents.is_null(6) ? nullptr : make_text(documents.text(6))});
    }
    Statement& others = database_->get_rows.bind(scope);
    while (others.row()) {
      const std::string kind = others.text(0);
      if (kind.size() == 1)
        rows.others.push_back({static_cast<RowKind>(kind[0]), others.text(1), others.text(2)});
    }
    return rows;
  });
}

std::vector<std::string> Store::writes() {
  return named(file_, [this] {
    std::vector<std::string> values;
    Statement& query = database_->get_writes.bind();
    while (query.row()) values.push_back(query.text(0));
    return values;
  });
}

void Store::commit(const Changes& changes, const std::optional<std::string>& device) {
  named(file_, [&] {
    if (!database_) throw StoreFault("it is not open");
    database_->handle.run("BEGIN IMMEDIATE");
    try {
      for (const auto& [scope, rows] : changes) database_->store(scope, rows);
      if (device) database_->put_device.bind(*device).run();
      database_->handle.run("COMMIT");
    } catch (const StoreFault&) {
      sqlite3_exec(database_->handle.db, "ROLLBACK", nullptr, nullptr, nullptr);  // or SQLite has done it
      throw;
    }
  });
}

void Store::destroy() {
  database_.reset();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((file_ + suffix).c_str());
}

}  // namespace msync::client
