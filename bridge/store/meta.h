// The row of the table meta: what a store knows about itself, and how a new history is begun.
#pragma once

#include <cstdint>
#include <string>

#include "bridge/store/sqlite_db.h"

namespace msync {

struct Meta {
  std::string epoch;
  std::uint64_t boot = 0;
  std::int64_t last_time_ms = 0;
};

/// `<ms>-<random>`.
std::string new_epoch(std::int64_t ms);

/// The ms of an epoch; 0 if it has none.
std::int64_t epoch_ms(const std::string& epoch);

Meta read_meta(sqlite::Connection& connection);

/// StoreError corrupt unless SQLite's own check finds the whole file sound. Reads all of it.
void quick_check(sqlite::Connection& connection);

}  // namespace msync
