// The local database: a file of SQLite, one process and one Store at a time (it is locked). store.cpp is the only file of
// this room that includes sqlite3.h.
//
// commit() is one transaction: all of it or nothing, and when it returns it would survive the end of the process and of the
// machine. Every failure is a StoreFault. After one, nobody knows whether the last commit happened: reopen() and read. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client/cpp/core/rows.h"

namespace msync::client {

class StoreFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Store {
 public:
  using Changes = std::vector<std::pair<std::string, ChangedRows>>;  // by scope

  /// Made where it does not exist.
  explicit Store(std::string file);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The device's row; empty: a new database.
  std::string device();
  StoredRows read(const std::string& scope);
  /// The outbox of all scopes, open or not.
  std::vector<std::string> writes();

  void commit(const Changes& changes, const std::optional<std::string>& device = {});
  void reopen();
  /// Closes it and deletes its files.
  void destroy();

 private:
  struct Database;
  std::string file_;
  std::unique_ptr<Database> database_;
};

}  // namespace msync::client
