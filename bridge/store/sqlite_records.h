// The records of the store on SQLite: conflicts, history, accepted schemas, revocations. See records.h and store.h for what they
// promise; their transactions are the store's.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/store/records.h"
#include "bridge/store/sqlite_db.h"
#include "core/door_message.h"

namespace msync {

class RecordWriter {
 public:
  explicit RecordWriter(sqlite::Connection& connection) : db_(connection) {}

  void save(std::int64_t scope, const ConflictRecord& record);
  void save(std::int64_t scope, const HistoryRecord& record);
  std::size_t trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows);
  void save_accepted(std::string_view collection, std::string_view fingerprint);
  void save(const Revocation& revocation);
  std::size_t drop_revocations(std::int64_t now_s);
  std::optional<RequestRecord> request(std::string_view user, std::string_view key);
  void save(const RequestRecord& request);
  std::size_t drop_requests(std::int64_t older_than_ms, std::size_t max_rows);
  void save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq);
  void keep_webhooks(const std::vector<std::string>& names);

 private:
  sqlite::Connection& db_;
  sqlite::Statement save_conflict_{
      db_, "INSERT INTO conflict (scope, id, at, record, checksum) VALUES (?1,?2,?3,?4,?5) RETURNING number"};
  sqlite::Statement trim_conflicts_{
      db_,
      "DELETE FROM conflict WHERE scope=?1 AND number <= (SELECT number FROM conflict WHERE scope=?1 "
      "ORDER BY number DESC LIMIT 1 OFFSET ?2)"};
  sqlite::Statement trim_all_conflicts_{
      db_,
      "DELETE FROM conflict WHERE number <= (SELECT number FROM conflict ORDER BY number DESC LIMIT 1 "
      "OFFSET ?1)"};
  sqlite::Statement save_history_{
      db_,
      "INSERT INTO history (scope, seq, at, id, version, op, ts, user, src, n, before, after, checksum) "
      "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"};
  sqlite::Statement oldest_history_{db_, "SELECT at FROM history WHERE scope=?1 ORDER BY seq LIMIT 1"};
  // Along a scope's seq the server's clock never goes back, so its oldest rows are its first.
  sqlite::Statement trim_history_{
      db_,
      "DELETE FROM history WHERE at < ?2 AND rowid IN (SELECT rowid FROM history WHERE scope=?1 ORDER BY seq "
      "LIMIT ?3) RETURNING seq"};
  sqlite::Statement save_accepted_{
      db_,
      "INSERT INTO accepted (collection, fingerprint) VALUES (?1,?2) ON CONFLICT DO UPDATE SET "
      "fingerprint=?2"};
  sqlite::Statement save_revocation_{
      db_,
      "INSERT INTO revocation (user, token_id, at, until) VALUES (?1,?2,?3,?4) ON CONFLICT DO UPDATE SET "
      "at=?3, until=?4"};
  sqlite::Statement drop_revocations_{db_, "DELETE FROM revocation WHERE until<=?1 RETURNING 1"};
  sqlite::Statement request_{db_, "SELECT at, fingerprint, result FROM request WHERE user=?1 AND key=?2"};
  sqlite::Statement save_request_{db_,
                                  "INSERT INTO request (user, key, at, fingerprint, result) VALUES "
                                  "(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE "
                                  "SET at=?3, fingerprint=?4, result=?5"};
  sqlite::Statement drop_requests_{db_,
                                   "DELETE FROM request WHERE (user, key) IN (SELECT user, key FROM request "
                                   "WHERE at<?1 ORDER BY at LIMIT ?2) "
                                   "RETURNING 1"};
  sqlite::Statement save_webhook_{
      db_, "INSERT INTO webhook (name, scope, seq) VALUES (?1,?2,?3) ON CONFLICT DO UPDATE SET seq=?3"};
  sqlite::Statement webhook_names_{db_, "SELECT DISTINCT name FROM webhook"};
  sqlite::Statement drop_webhook_{db_, "DELETE FROM webhook WHERE name=?1"};
};

/// In the transaction that the connection is in; StoreError corrupt where a record is not as it was written.
void read_conflicts(sqlite::Connection& connection, const RecordFilter& filter,
                    const std::function<bool(ConflictRecord&&)>& each);
void read_history(sqlite::Connection& connection, const RecordFilter& filter,
                  const std::function<bool(HistoryRecord&&)>& each);
/// What read_history() runs: so that a test can ask for its plan. ?1 to ?4 are since_ms, scope, id and after_seq.
std::string history_query(const RecordFilter& filter);
std::map<std::string, std::string> read_accepted(sqlite::Connection& connection);
std::vector<Revocation> read_revocations(sqlite::Connection& connection);
void read_replicas(sqlite::Connection& connection, std::string_view scope,
                   const std::function<bool(ReplicaRecord&&)>& each);
std::map<std::int64_t, std::uint64_t> read_webhook(sqlite::Connection& connection, std::string_view name);

}  // namespace msync
