#include "bridge/store/meta.h"

#include <charconv>
#include <cstdio>
#include <random>

#include "bridge/store/store.h"

namespace msync {

std::string new_epoch(std::int64_t ms) {
  char random[9];
  std::snprintf(random, sizeof random, "%08x", static_cast<unsigned>(std::random_device{}()));
  return std::to_string(ms) + "-" + random;
}

std::int64_t epoch_ms(const std::string& epoch) {
  std::int64_t ms = 0;
  std::from_chars(epoch.data(), epoch.data() + epoch.size(), ms);
  return ms;
}

Meta read_meta(sqlite::Connection& connection) {
  sqlite::Statement statement(connection, "SELECT epoch, boot, last_time FROM meta");
  sqlite::Query row(statement);
  if (!row.row())
    throw StoreError(StoreError::Kind::corrupt,
                     connection.file() + " has lost its epoch; restore the latest backup");
  return {std::string(row.text(0)), row.natural(1), row.number(2)};
}

void quick_check(sqlite::Connection& connection) {
  const std::string found = connection.text("PRAGMA quick_check(1)");
  if (found == "ok") return;
  if (connection.read_failed())
    throw StoreError(StoreError::Kind::unreadable, connection.file() + " cannot be read as a whole (" +
                                                       found + "); look at the disk and the system's log");
  throw StoreError(StoreError::Kind::corrupt,
                   connection.file() + " is damaged (" + found +
                       "); keep a copy of it with its -wal, look at the disk, and restore the latest backup");
}

}  // namespace msync
