// What is read for those who watch: counts, and searches. View has the contract; all within the view's transaction.
#pragma once

#include <functional>
#include <string_view>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {

StoreTotals count_all(sqlite::Connection& connection);
void count_tombstones(sqlite::Connection& connection, std::int64_t after,
                      const std::function<bool(std::int64_t, std::uint64_t)>& each);
void read_reports(sqlite::Connection& connection, std::int64_t after,
                  const std::function<bool(std::int64_t, ReplicaRecord&&)>& each);
std::uint64_t count_readers(sqlite::Connection& connection, std::int64_t scope, std::size_t most);
std::vector<NumberedConflict> conflicts_after(sqlite::Connection& connection, std::int64_t after,
                                              std::size_t most);
void find_scopes(sqlite::Connection& connection, std::string_view text,
                 const std::function<bool(ScopeRow&&)>& each);
void find_replicas(sqlite::Connection& connection, std::string_view text,
                   const std::function<bool(ReplicaRecord&&)>& each);

}  // namespace msync
