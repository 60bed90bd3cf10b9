// How `conflicts` shows a record: some lines for a person, or a line of JSON.
#pragma once

#include <cstddef>
#include <string>

#include "bridge/store/records.h"

namespace msync {

/// When, where, who against whom, and the two sides, each cut to `width` characters; 0: not cut. Ends with a line
/// break.
std::string conflict_text(const ConflictRecord& record, std::size_t width);

/// {"at":…,"scope":…,"id":…, …}: the record's own members after these three. Without a line break.
std::string conflict_json(const ConflictRecord& record);

}  // namespace msync
