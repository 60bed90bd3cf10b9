#include "bridge/store/sqlite_records.h"

#include <algorithm>

#include "bridge/store/record_row.h"
#include "bridge/store/store.h"

namespace msync {
namespace {

using sqlite::Query;
using sqlite::Statement;

/// Each filter has a text, and so a plan, of its own; each text has all three parameters.
std::string conditions(const RecordFilter& filter, const std::string& table) {
  return " WHERE " + table + ".at >= ?1 AND " +
         (filter.scope.empty() ? "?2 = ''" : table + ".scope = (SELECT id FROM scope WHERE topic = ?2)") +
         " AND " + (filter.id.empty() ? "?3 = ''" : table + ".id = ?3");
}

std::optional<std::string_view> nullable(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

void RecordWriter::save(std::int64_t scope, const ConflictRecord& record) {
  std::uint64_t number = 0;
  {
    Query made(save_conflict_, scope, record.id, record.at_ms, record.text, checksum(scope, record));
    made.row();
    number = made.natural(0);
    made.done();
  }
  Query(trim_conflicts_, scope, limits::conflicts_kept).done();
  if (number % limits::conflicts_trim_step == 0)
    Query(trim_all_conflicts_, limits::conflicts_kept_in_store).done();
}

void RecordWriter::save(std::int64_t scope, const HistoryRecord& record) {
  Query(save_history_, scope, record.seq, record.at_ms, record.id, record.version, record.op, record.ts,
        record.user, record.src, record.n, nullable(record.before), nullable(record.after),
        checksum(scope, record))
      .done();
}

std::size_t RecordWriter::trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows) {
  {
    Query oldest(oldest_history_, scope);
    if (!oldest.row() || oldest.number(0) >= older_than_ms) return 0;
  }
  std::size_t dropped = 0;
  Query gone(trim_history_, scope, older_than_ms, max_rows);
  while (gone.row()) ++dropped;
  return dropped;
}

void RecordWriter::save_accepted(std::string_view collection, std::string_view fingerprint) {
  Query(save_accepted_, collection, fingerprint).done();
}

void RecordWriter::save(const Revocation& revocation) {
  Query(save_revocation_, revocation.user, revocation.token_id, revocation.at_s, revocation.until_s).done();
}

std::size_t RecordWriter::drop_revocations(std::int64_t now_s) {
  std::size_t dropped = 0;
  Query gone(drop_revocations_, now_s);
  while (gone.row()) ++dropped;
  return dropped;
}

std::optional<RequestRecord> RecordWriter::request(std::string_view user, std::string_view key) {
  Query found(request_, user, key);
  if (!found.row()) return std::nullopt;
  return RequestRecord{std::string(user), std::string(key), found.number(0), std::string(found.text(1)),
                       std::string(found.text(2))};
}

void RecordWriter::save(const RequestRecord& request) {
  Query(save_request_, request.user, request.key, request.at_ms, request.fingerprint, request.result).done();
}

std::size_t RecordWriter::drop_requests(std::int64_t older_than_ms, std::size_t max_rows) {
  std::size_t dropped = 0;
  Query gone(drop_requests_, older_than_ms, max_rows);
  while (gone.row()) ++dropped;
  return dropped;
}

void RecordWriter::save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq) {
  Query(save_webhook_, name, scope, seq).done();
}

void RecordWriter::keep_webhooks(const std::vector<std::string>& names) {
  std::vector<std::string> dropped;
  {
    Query known(webhook_names_);
    while (known.row()) dropped.emplace_back(known.text(0));
  }
  for (const std::string& name : dropped)
    if (std::find(names.begin(), names.end(), name) == names.end()) Query(drop_webhook_, name).done();
}

// CROSS JOIN: the records are read in their order, and each looks its scope up; never sorted, they may be large.

void read_conflicts(sqlite::Connection& connection, const RecordFilter& filter,
                    const std::function<bool(ConflictRecord&&)>& each) {
  const std::string sql = std::string("SELECT ") + conflict_columns +
                          " FROM conflict CROSS JOIN scope ON scope.id = conflict.scope" +
                          conditions(filter, "conflict") + " ORDER BY conflict.number";
  Statement statement(connection, sql.c_str());
  Query found(statement, filter.since_ms, filter.scope, filter.id);
  while (found.row())
    if (!each(conflict_row(found))) return;
}

std::string history_query(const RecordFilter& filter) {
  return std::string("SELECT ") + history_columns +
         " FROM history CROSS JOIN scope ON scope.id = history.scope" + conditions(filter, "history") +
         " AND history.seq > ?4" +
         (filter.scope.empty() ? " ORDER BY history.at, history.scope, history.seq"
                               : " ORDER BY history.seq");
}

void read_history(sqlite::Connection& connection, const RecordFilter& filter,
                  const std::function<bool(HistoryRecord&&)>& each) {
  const std::string sql = history_query(filter);
  Statement statement(connection, sql.c_str());
  Query found(statement, filter.since_ms, filter.scope, filter.id, filter.after_seq);
  while (found.row())
    if (!each(history_row(found))) return;
}

std::map<std::string, std::string> read_accepted(sqlite::Connection& connection) {
  Statement statement(connection, "SELECT collection, fingerprint FROM accepted");
  Query found(statement);
  std::map<std::string, std::string> all;
  while (found.row()) all.emplace(found.text(0), found.text(1));
  return all;
}

std::vector<Revocation> read_revocations(sqlite::Connection& connection) {
  Statement statement(connection, "SELECT user, token_id, at, until FROM revocation ORDER BY user, token_id");
  Query found(statement);
  std::vector<Revocation> all;
  while (found.row())
    all.push_back({std::string(found.text(0)), std::string(found.text(1)), found.number(2), found.number(3)});
  return all;
}

void read_replicas(sqlite::Connection& connection, std::string_view scope,
                   const std::function<bool(ReplicaRecord&&)>& each) {
  const std::string sql =
      std::string(
          "SELECT scope.topic, replica.user, replica.src, replica.n, replica.seen, replica.seen_at, "
          "scope.seq "
          "FROM replica CROSS JOIN scope ON scope.id = replica.scope WHERE ") +
      (scope.empty() ? "?1 = ''" : "replica.scope = (SELECT id FROM scope WHERE topic = ?1)") +
      " ORDER BY replica.seen_at DESC";
  Statement statement(connection, sql.c_str());
  Query found(statement, scope);
  while (found.row())
    if (!each({std::string(found.text(0)), std::string(found.text(1)), std::string(found.text(2)),
               found.natural(3), found.natural(4), found.number(5), found.natural(6)}))
      return;
}

std::map<std::int64_t, std::uint64_t> read_webhook(sqlite::Connection& connection, std::string_view name) {
  Statement statement(connection, "SELECT scope, seq FROM webhook WHERE name = ?1");
  Query found(statement, name);
  std::map<std::int64_t, std::uint64_t> all;
  while (found.row()) all.emplace(found.number(0), found.natural(1));
  return all;
}

}  // namespace msync
