#include "bridge/store/sqlite_counts.h"

#include <string>

#include "bridge/store/rows.h"

namespace msync {
namespace {

using sqlite::Connection;
using sqlite::Query;
using sqlite::Statement;

ReplicaRecord replica_row(const Query& query, int first) {
  ReplicaRecord replica;
  replica.scope = query.text(first);
  replica.user = query.text(first + 1);
  replica.src = query.text(first + 2);
  replica.seen = query.natural(first + 3);
  replica.seen_at_ms = query.number(first + 4);
  replica.head = query.natural(first + 5);
  return replica;
}

}  // namespace

StoreTotals count_all(Connection& connection) {
  Statement statement(connection, "SELECT count(*), ifnull(sum(count), 0) FROM scope");
  Query found(statement);
  found.row();
  return {found.natural(0), found.natural(1)};
}

void count_tombstones(Connection& connection, std::int64_t after,
                      const std::function<bool(std::int64_t, std::uint64_t)>& each) {
  Statement statement(connection,
                      "SELECT scope, count(*) FROM tombstone WHERE scope > ?1 GROUP BY scope ORDER BY scope");
  Query found(statement, after);
  while (found.row())
    if (!each(found.number(0), found.natural(1))) return;
}

// All of it is in the index; CROSS JOIN keeps it the outer loop, so that scopes without replicas are not looked at.
void read_reports(Connection& connection, std::int64_t after,
                  const std::function<bool(std::int64_t, ReplicaRecord&&)>& each) {
  Statement statement(connection,
                      "SELECT replica.scope, scope.topic, replica.user, replica.src, replica.seen, "
                      "replica.seen_at, scope.seq FROM replica INDEXED BY replica_seen CROSS JOIN scope "
                      "ON scope.id = replica.scope WHERE replica.scope > ?1 AND replica.seen_at > 0 "
                      "ORDER BY replica.scope");
  Query found(statement, after);
  while (found.row())
    if (!each(found.number(0), replica_row(found, 1))) return;
}

std::uint64_t count_readers(Connection& connection, std::int64_t scope, std::size_t most) {
  Statement statement(
      connection, "SELECT count(*) FROM (SELECT 1 FROM replica WHERE scope = ?1 AND seen_at > 0 LIMIT ?2)");
  Query found(statement, scope, most);
  found.row();
  return found.natural(0);
}

std::vector<NumberedConflict> conflicts_after(Connection& connection, std::int64_t after, std::size_t most) {
  Statement statement(
      connection,
      "SELECT conflict.number, scope.topic, conflict.id, conflict.at, conflict.record "
      "FROM conflict CROSS JOIN scope ON scope.id = conflict.scope WHERE conflict.number > ?1 "
      "ORDER BY conflict.number DESC LIMIT ?2");
  std::vector<NumberedConflict> newest;
  Query found(statement, after, most);
  while (found.row())
    newest.push_back({found.number(0),
                      {std::string(found.text(1)), std::string(found.text(2)), found.number(3),
                       std::string(found.text(4))}});
  return newest;
}

void find_scopes(Connection& connection, std::string_view text, const std::function<bool(ScopeRow&&)>& each) {
  const std::string sql =
      std::string("SELECT ") + scope_columns + " FROM scope WHERE instr(topic, ?1) > 0 ORDER BY topic";
  Statement statement(connection, sql.c_str());
  Query found(statement, text);
  while (found.row())
    if (!each(scope_row(found))) return;
}

void find_replicas(Connection& connection, std::string_view text,
                   const std::function<bool(ReplicaRecord&&)>& each) {
  Statement statement(
      connection,
      "SELECT scope.topic, replica.user, replica.src, replica.seen, replica.seen_at, scope.seq, "
      "replica.n FROM replica CROSS JOIN scope ON scope.id = replica.scope "
      "WHERE instr(replica.user, ?1) > 0 OR instr(replica.src, ?1) > 0 OR "
      "instr(scope.topic, ?1) > 0");
  Query found(statement, text);
  while (found.row()) {
    ReplicaRecord replica = replica_row(found, 0);
    replica.n = found.natural(6);
    if (!each(std::move(replica))) return;
  }
}

}  // namespace msync
