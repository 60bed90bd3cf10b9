#include "cli/history_format.h"

#include "core/json.h"

namespace msync {

std::string history_line(const HistoryRecord& record) {
  std::string line = "{\"scope\":" + json_quoted(record.scope) + ",\"seq\":" + std::to_string(record.seq) +
                     ",\"id\":" + json_quoted(record.id) + ",\"version\":" + std::to_string(record.version) +
                     ",\"op\":" + json_quoted(record.op) + ",\"at\":" + std::to_string(record.at_ms) +
                     ",\"ts\":" + std::to_string(record.ts) + ",\"user\":" + json_quoted(record.user);
  if (!record.src.empty())
    line += ",\"src\":" + json_quoted(record.src) + ",\"n\":" + std::to_string(record.n);
  // The documents are text already.
  return line + ",\"before\":" + record.before.value_or("null") +
         ",\"after\":" + record.after.value_or("null") + "}";
}

}  // namespace msync
