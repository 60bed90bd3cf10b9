// A conflict's or a change's row in the store, and its checksum. Only what speaks SQL uses this.
//
// Rows that were written before there were checksums have none: what they were is not known any more, and only that their
// documents are JSON is looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bridge/store/records.h"
#include "bridge/store/sqlite_db.h"

namespace msync {

/// What to select for the two below, from their table joined with `scope`.
extern const char* const conflict_columns;
extern const char* const history_columns;

/// The row that a query of these columns is at. StoreError corrupt where it is not as it was written.
ConflictRecord conflict_row(const sqlite::Query& query);
HistoryRecord history_row(const sqlite::Query& query);

/// `scope` is the store's number for it; the record's own is not looked at.
std::uint32_t checksum(std::int64_t scope, const ConflictRecord& record);
std::uint32_t checksum(std::int64_t scope, const HistoryRecord& record);

/// Reads all rows of both tables; how many there are. `damaged` is told of each that is not as it was written.
std::uint64_t check_records(sqlite::Connection& connection,
                            const std::function<void(const std::string& what)>& damaged);

}  // namespace msync
