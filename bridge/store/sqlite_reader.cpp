#include "bridge/store/sqlite_reader.h"

#include <algorithm>

#include "bridge/store/entity_row.h"
#include "bridge/store/migrations.h"
#include "bridge/store/rows.h"
#include "bridge/store/sqlite_counts.h"
#include "bridge/store/sqlite_records.h"
#include "bridge/store/sqlite_store.h"

namespace msync {
namespace {

using sqlite::Connection;
using sqlite::Query;
using sqlite::Statement;

std::string select_scope(const char* condition) {
  return std::string("SELECT ") + scope_columns + " FROM scope " + condition;
}

const std::string by_topic = select_scope("WHERE topic = ?1");
const std::string by_id = select_scope("WHERE id = ?1");
const std::string since_boot = select_scope("WHERE boot >= ?1 ORDER BY topic");

const std::string newest_changes = std::string("SELECT ") + EntityRow::columns +
                                   " FROM entity WHERE scope = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";

const std::string one_document =
    std::string("SELECT ") + EntityRow::columns + " FROM entity WHERE scope = ?1 AND id = ?2 AND deleted = 0";
const std::string entities_by_id =
    std::string("SELECT ") + EntityRow::columns + " FROM entity WHERE scope = ?1 AND id > ?2 ORDER BY id";

/// SQLite's integers are signed: "to the end" must not become -1.
std::int64_t clamped(std::uint64_t seq) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(seq, INT64_MAX));
}

}  // namespace

struct SqliteReader::Statements {
  explicit Statements(Connection& db) : db(db) {}

  Connection& db;
  Statement begin{db, "BEGIN"};
  Statement by_topic{db, msync::by_topic.c_str()};
  Statement by_id{db, msync::by_id.c_str()};
  Statement since_boot{db, msync::since_boot.c_str()};
  Statement changes{db, newest_changes.c_str()};
  Statement document{db, one_document.c_str()};
  Statement documents{db, entities_by_id.c_str()};
  Statement find_n{db, "SELECT n FROM replica WHERE user=?1 AND src=?2 AND scope=?3"};
  Statement outcomes{db,
                     "SELECT result FROM outcome WHERE user=?1 AND src=?2 AND scope=?3 AND n>?4 ORDER BY n"};
  Statement behind{db, select_behind};
};

namespace {

class SqliteView final : public View {
 public:
  explicit SqliteView(SqliteReader::Statements& sql) : sql_(sql) { Query(sql_.begin).done(); }

  ~SqliteView() override {
    try {
      sql_.db.run("ROLLBACK");
    } catch (const StoreError&) {
      // The reader's next view cannot begin then, and says so.
    }
  }

  std::optional<ScopeRow> scope(std::string_view topic) override {
    Query found(sql_.by_topic, topic);
    if (!found.row()) return std::nullopt;
    return scope_row(found);
  }

  std::optional<ScopeRow> scope(std::int64_t id) override {
    Query found(sql_.by_id, id);
    if (!found.row()) return std::nullopt;
    return scope_row(found);
  }

  void changes(std::int64_t scope, std::uint64_t from, std::uint64_t to,
               const std::function<bool(Change&&)>& each) override {
    Query found(sql_.changes, scope, clamped(from), clamped(to));
    while (found.row())
      if (!each(EntityRow(found).change())) return;
  }

  std::uint64_t replica_n(const ReplicaKey& key) override {
    Query found(sql_.find_n, key.user, key.src, key.scope);
    return found.row() ? found.natural(0) : 0;
  }

  std::vector<MutationResult> outcomes(const ReplicaKey& key, std::uint64_t acked) override {
    std::vector<MutationResult> results;
    Query found(sql_.outcomes, key.user, key.src, key.scope, clamped(acked));
    while (found.row()) results.push_back(outcome_row(found, key));
    return results;
  }

  std::vector<Behind> unpublished() override { return behind_rows(sql_.behind, store_cell); }

  std::vector<ScopeRow> scopes() override { return scopes_since(0); }

  std::vector<ScopeRow> scopes_since(std::uint64_t boot) override {
    std::vector<ScopeRow> all;
    Query found(sql_.since_boot, clamped(boot));
    while (found.row()) all.push_back(scope_row(found));
    return all;
  }

  void conflicts(const RecordFilter& filter, const std::function<bool(ConflictRecord&&)>& each) override {
    read_conflicts(sql_.db, filter, each);
  }

  void history(const RecordFilter& filter, const std::function<bool(HistoryRecord&&)>& each) override {
    read_history(sql_.db, filter, each);
  }

  std::map<std::string, std::string> accepted() override { return read_accepted(sql_.db); }

  std::optional<Change> document(std::int64_t scope, std::string_view id) override {
    Query found(sql_.document, scope, id);
    if (!found.row()) return std::nullopt;
    return EntityRow(found).change();
  }

  // Tombstones are passed over here and not by SQLite, which would not stop at any number of them.
  std::optional<std::string> documents(std::int64_t scope, std::string_view after, std::size_t max_rows,
                                       const std::function<bool(Change&&)>& each) override {
    std::string last;
    Query found(sql_.documents, scope, after);
    for (std::size_t looked = 1; found.row(); ++looked) {
      if (looked > max_rows) return last;
      const EntityRow row(found);
      if (looked == max_rows) last = row.id;
      if (!row.deleted && !each(row.change())) return std::nullopt;
    }
    return std::nullopt;
  }

  void replicas(std::string_view scope, const std::function<bool(ReplicaRecord&&)>& each) override {
    read_replicas(sql_.db, scope, each);
  }

  StoreTotals totals() override { return count_all(sql_.db); }

  void tombstone_counts(std::int64_t after,
                        const std::function<bool(std::int64_t, std::uint64_t)>& each) override {
    count_tombstones(sql_.db, after, each);
  }

  void reports(std::int64_t after, const std::function<bool(std::int64_t, ReplicaRecord&&)>& each) override {
    read_reports(sql_.db, after, each);
  }

  std::uint64_t readers(std::int64_t scope, std::size_t most) override {
    return count_readers(sql_.db, scope, most);
  }

  std::vector<NumberedConflict> conflicts_after(std::int64_t after, std::size_t most) override {
    return msync::conflicts_after(sql_.db, after, most);
  }

  void find_scopes(std::string_view text, const std::function<bool(ScopeRow&&)>& each) override {
    msync::find_scopes(sql_.db, text, each);
  }

  void find_replicas(std::string_view text, const std::function<bool(ReplicaRecord&&)>& each) override {
    msync::find_replicas(sql_.db, text, each);
  }

  std::map<std::int64_t, std::uint64_t> webhook(std::string_view name) override {
    return read_webhook(sql_.db, name);
  }

  std::vector<Revocation> revocations() override { return read_revocations(sql_.db); }

 private:
  SqliteReader::Statements& sql_;
};

}  // namespace

SqliteReader::SqliteReader(const std::string& file) : connection_(file, Connection::Mode::read) {
  const int version = schema_version(connection_);
  if (version == 0)
    throw StoreError(StoreError::Kind::unwritable, file + " is empty: there is no store yet; open it first");
  if (version != store_schema_version())
    throw StoreError(
        StoreError::Kind::other,
        file + " was written by an earlier version; start the bridge once to bring it up to date");
  connection_.run(("PRAGMA cache_size = -" + std::to_string(limits::store_cache_bytes / 4 / 1024)).c_str());
  connection_.run("PRAGMA temp_store = MEMORY");
  sql_ = std::make_unique<Statements>(connection_);
}

SqliteReader::~SqliteReader() = default;

std::unique_ptr<View> SqliteReader::view() {
  return std::make_unique<SqliteView>(*sql_);
}

}  // namespace msync
