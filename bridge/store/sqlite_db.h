// SQLite behind three small classes: a connection, a prepared statement, one run of it. sqlite_db.cpp is the
// only file that includes sqlite3.h; everything above speaks in these.
//
// Every failure is a StoreError whose text names the file and says what to do. One thread at a time per
// connection; its statements count as part of it.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace msync::sqlite {

/// ":memory:" is a database without a file, its connection's own; ":memory:NAME" one that all connections of the
/// process which name it share, gone with the last of them. It has no log: one that reads keeps a commit from
/// succeeding, one that writes keeps others from reading.
inline bool in_memory(std::string_view file) {
  return file.starts_with(":memory:");
}

class Connection {
 public:
  enum class Mode {
    write,  // the file must exist (an empty one is a new database)
    read,   // never changes content; may make the -shm and -wal files that readers need
  };

  Connection(const std::string& file, Mode mode);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::string& file() const { return file_; }

  /// Runs statements that give no rows, or whose rows do not matter. Trusted text only: never a peer's.
  void run(const char* sql);

  /// The first column of the first row.
  std::int64_t number(const char* sql);
  std::string text(const char* sql);

  /// False also when SQLite gave a transaction up by itself, after a failure in it.
  bool in_transaction() const;

  /// During the last text() the system could not read a file: what SQLite makes of that is no finding.
  bool read_failed() const { return read_failed_; }

  /// True if the file was moved, deleted or replaced since it was opened: what is written now is lost.
  bool moved() const;

  /// Makes `target` a copy of this database as it is now, whatever was in it. Writers to this one go on, and do not
  /// make it start over: the copy is one snapshot, taken in small steps. `progress` is called after each.
  void copy_to(Connection& target, const std::function<void(int done_pages, int total_pages)>& progress);

  /// Moves the write-ahead log into the database where limits::store_wal_bytes are reached; to be called
  /// after each commit. Failures are left to the next commit to report: nothing is lost by them, the log only
  /// grows.
  void checkpoint_if_due() noexcept;

 private:
  friend class Statement;
  friend class Query;
  /// Before a call to SQLite, so that fail() knows what the system said during it.
  static void forget_errors();
  [[noreturn]] void fail(int code) const;
  void open(int flags);

  std::string file_;
  bool read_failed_ = false;
  sqlite3* db_ = nullptr;
  std::int64_t wal_pages_ = 0;  // after the last commit
  std::int64_t due_pages_ = 0;  // when the next checkpoint is due
};

/// Prepared once, run many times. Must not outlive its connection.
class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

 private:
  friend class Query;
  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

/// One run of a statement: binds ?1, ?2, … and resets the statement when it ends, also by an exception. Text
/// is not copied: what is bound must live as long as the query. One query at a time per statement.
class Query {
 public:
  template <class... Values>
  explicit Query(Statement& statement, Values&&... values) : statement_(statement) {
    // A temporary string would be gone before the first step.
    static_assert((!std::is_same_v<Values, std::string> && ...));
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Steps to the next row; false when there is none.
  bool row();

  /// Runs a statement that gives no rows.
  void done() { row(); }

  std::int64_t number(int column) const;
  std::uint64_t natural(int column) const { return static_cast<std::uint64_t>(number(column)); }
  bool null(int column) const;
  /// Empty for NULL. Points into the row: valid until the next step.
  std::string_view text(int column) const;

 private:
  template <std::integral T>
  void bind(int index, T value) {
    bind_number(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, std::string_view text) { bind_text(index, text); }
  template <std::same_as<std::optional<std::string_view>> T>
  void bind(int index, const T& text) {
    if (text) bind_text(index, *text);  // else it stays NULL
  }
  void bind_number(int index, std::int64_t value);
  void bind_text(int index, std::string_view text);

  Statement& statement_;
};

}  // namespace msync::sqlite
