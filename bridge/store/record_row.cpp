#include "bridge/store/record_row.h"

#include "bridge/store/checksum.h"
#include "bridge/store/store.h"
#include "core/json.h"
#include "core/limits.h"

namespace msync {
namespace {

using sqlite::Query;
using sqlite::Statement;

[[noreturn]] void damaged(const char* what, std::string_view scope, std::string_view id) {
  throw StoreError(
      StoreError::Kind::corrupt,
      std::string(what) + " of entity \"" + std::string(id) + "\" in scope \"" + std::string(scope) +
          "\" is damaged; keep a copy of the store, look at the disk, and restore the latest backup");
}

/// A NULL is no document, an empty text cannot be one.
std::optional<std::string> document(const Query& query, int column) {
  const std::string_view text = query.text(column);
  return text.data() == nullptr ? std::nullopt : std::optional<std::string>(text);
}

std::string_view text_of(const std::optional<std::string>& document) {
  return document ? std::string_view(*document) : std::string_view();
}

}  // namespace

const char* const conflict_columns =
    "scope.topic, conflict.id, conflict.at, conflict.record, conflict.scope, conflict.checksum";
const char* const history_columns =
    "scope.topic, history.seq, history.at, history.id, history.version, history.op, history.ts, "
    "history.user, history.src, history.n, history.before, history.after, history.scope, history.checksum";

ConflictRecord conflict_row(const Query& query) {
  ConflictRecord record{std::string(query.text(0)), std::string(query.text(1)), query.number(2),
                        std::string(query.text(3))};
  const auto body = parse_json(record.text, limits::max_depth + 2);
  const bool fits = query.null(5) || query.natural(5) == checksum(query.number(4), record);
  if (!fits || !body || !body->is_object()) damaged("the record of a conflict", record.scope, record.id);
  return record;
}

HistoryRecord history_row(const Query& query) {
  HistoryRecord record;
  record.scope = query.text(0);
  record.seq = query.natural(1);
  record.at_ms = query.number(2);
  record.id = query.text(3);
  record.version = query.natural(4);
  record.op = query.text(5);
  record.ts = query.number(6);
  record.user = query.text(7);
  record.src = query.text(8);
  record.n = query.natural(9);
  record.before = document(query, 10);
  record.after = document(query, 11);
  if (!query.null(13)) {
    if (query.natural(13) != checksum(query.number(12), record)) damaged("history", record.scope, record.id);
    return record;
  }
  for (const auto& text : {record.before, record.after})
    if (text && !parse_json(*text)) damaged("history", record.scope, record.id);
  return record;
}

std::uint32_t checksum(std::int64_t scope, const ConflictRecord& record) {
  return row_checksum(std::array{static_cast<std::uint64_t>(scope), static_cast<std::uint64_t>(record.at_ms)},
                      std::array<std::string_view, 2>{record.id, record.text});
}

std::uint32_t checksum(std::int64_t scope, const HistoryRecord& record) {
  const std::uint64_t documents = (record.before ? 1 : 0) + (record.after ? 2 : 0);
  return row_checksum(
      std::array{static_cast<std::uint64_t>(scope), record.seq, static_cast<std::uint64_t>(record.at_ms),
                 record.version, static_cast<std::uint64_t>(record.ts), record.n, documents},
      std::array<std::string_view, 6>{record.id, record.op, record.user, record.src, text_of(record.before),
                                      text_of(record.after)});
}

std::uint64_t check_records(sqlite::Connection& connection,
                            const std::function<void(const std::string&)>& damaged) {
  std::uint64_t rows = 0;
  const auto check = [&](const std::string& table, const char* columns, auto row) {
    const std::string sql = std::string("SELECT ") + columns + " FROM " + table +
                            " CROSS JOIN scope ON scope.id = " + table + ".scope";
    Statement statement(connection, sql.c_str());
    Query found(statement);
    for (; found.row(); ++rows) {
      try {
        row(found);
      } catch (const StoreError& error) {
        if (error.kind != StoreError::Kind::corrupt) throw;
        damaged(error.what());
      }
    }
  };
  check("conflict", conflict_columns, [](const Query& query) { conflict_row(query); });
  check("history", history_columns, [](const Query& query) { history_row(query); });
  return rows;
}

}  // namespace msync
