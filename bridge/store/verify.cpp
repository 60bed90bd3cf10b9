#include "bridge/store/verify.h"

#include <unistd.h>

#include <algorithm>

#include "bridge/store/address.h"
#include "bridge/store/entity_row.h"
#include "bridge/store/meta.h"
#include "bridge/store/migrations.h"
#include "bridge/store/record_row.h"
#include "bridge/store/rows.h"
#include "core/limits.h"

namespace msync {
namespace {

using sqlite::Connection;
using sqlite::Query;
using sqlite::Statement;
using Kind = StoreError::Kind;

/// A query whose every row is a finding: its text is the row's only column.
struct Rule {
  const char* sql;
};

// What can be asked of the rows as they are. Names in quotes, so that a finding can be looked for.
constexpr Rule rules[] = {
    {"SELECT 'scope \"' || topic || '\": its horizon ' || horizon || ' is above its head ' || seq FROM scope "
     "WHERE horizon > seq"},
    {"SELECT 'scope \"' || topic || '\": changed under boot ' || scope.boot || ', after the store''s ' || "
     "meta.boot "
     "FROM scope, meta WHERE scope.boot > meta.boot"},
    {"SELECT 'scope \"' || topic || '\": published up to ' || published.seq || ', above its head ' || "
     "scope.seq "
     "FROM published JOIN scope ON scope.id = published.scope WHERE published.seq > scope.seq"},
    {"SELECT 'scope \"' || topic || '\": entity \"' || entity.id || '\" has no tombstone row at ' || "
     "entity.seq "
     "FROM entity JOIN scope ON scope.id = entity.scope WHERE deleted = 1 AND NOT EXISTS (SELECT 1 FROM "
     "tombstone WHERE tombstone.scope = entity.scope AND tombstone.seq = entity.seq)"},
    {"SELECT 'scope \"' || topic || '\": the tombstone row at ' || tombstone.seq || ' has no deleted entity' "
     "FROM "
     "tombstone JOIN scope ON scope.id = tombstone.scope WHERE NOT EXISTS (SELECT 1 FROM entity WHERE "
     "entity.scope = tombstone.scope AND entity.seq = tombstone.seq AND deleted = 1)"},
    {"SELECT 'scope \"' || topic || '\": the tombstone at ' || tombstone.seq || ' should be gone: the "
     "horizon is ' "
     "|| horizon FROM tombstone JOIN scope ON scope.id = tombstone.scope WHERE tombstone.seq <= horizon"},
    {"SELECT 'scope \"' || topic || '\": replica \"' || src || '\" of \"' || user || '\" has seen ' || seen "
     "|| "
     "', above the head ' || seq FROM replica JOIN scope ON scope.id = replica.scope WHERE seen > seq"},
    {"SELECT 'scope \"' || topic || '\": replica \"' || src || '\" of \"' || user || '\" has an outcome for "
     "' || "
     "max(outcome.n) || ', above its last number ' || ifnull(replica.n, 0) FROM outcome JOIN scope ON "
     "scope.id = "
     "outcome.scope LEFT JOIN replica USING (user, src, scope) GROUP BY user, src, outcome.scope HAVING "
     "max(outcome.n) > ifnull(replica.n, 0)"},
    {"SELECT 'scope \"' || topic || '\": history at ' || history.seq || ', above its head ' || scope.seq "
     "FROM "
     "history JOIN scope ON scope.id = history.scope WHERE history.seq > scope.seq"},
    {"SELECT 'table ' || \"table\" || ': row ' || ifnull(rowid, '?') || ' names no row of ' || parent FROM "
     "pragma_foreign_key_check"},
};

class Verifier {
 public:
  Verifier(Connection& db, const Collections* collections,
           const std::function<void(const std::string&)>& tell)
      : db_(db), collections_(collections), tell_(tell) {}

  Verified run();

 private:
  void finding(const std::string& what);
  /// `work` may meet damage: that is a finding, and the end of this piece of work only.
  void guarded(const std::function<void()>& work);
  void check_pages();
  void check_scope(const ScopeRow& scope);
  void check_entity(const ScopeRow& scope, const EntityRow& row);
  void check_document(const std::string& where, const ScopeRow& scope, const Json& data);
  void check_outcomes();

  Connection& db_;
  const Collections* collections_;
  const std::function<void(const std::string&)>& tell_;
  Verified done_;
};

void Verifier::finding(const std::string& what) {
  done_.findings += 1;
  tell_(what);
}

void Verifier::guarded(const std::function<void()>& work) try { work(); } catch (const StoreError& error) {
  if (error.kind != Kind::corrupt) throw;
  finding(error.what());
}

void Verifier::check_pages() {
  Statement statement(db_, "PRAGMA integrity_check");
  Query found(statement);
  while (found.row())
    if (found.text(0) != "ok") finding("database: " + std::string(found.text(0)));
}

void Verifier::check_document(const std::string& where, const ScopeRow& scope, const Json& data) {
  if (!data.is_object()) return finding(where + ": its document is no object");
  const Collection* collection = collections_ != nullptr ? collections_->find(scope.collection) : nullptr;
  if (collection == nullptr) return;
  if (const auto error = collection->schema->validate(data))
    finding(where + ": does not fit the schema of " + collection->name + " at \"" + error->path +
            "\": " + error->message);
}

void Verifier::check_entity(const ScopeRow& scope, const EntityRow& row) {
  const std::string where = "scope \"" + scope.topic + "\": entity \"" + std::string(row.id) + "\"";
  const Entity entity = row.entity();
  if (row.seq == 0 || row.seq > scope.seq)
    finding(where + ": its seq " + std::to_string(row.seq) + " is above the head " +
            std::to_string(scope.seq));
  // Each change raises both by one, and a version begins above the horizon, below the seq it gets.
  if (row.version == 0 || row.version > row.seq)
    finding(where + ": its version " + std::to_string(row.version) + " is above its seq " +
            std::to_string(row.seq));
  if (row.edited == 0 || row.edited > row.version)
    finding(where + ": edited in version " + std::to_string(row.edited) + " of " +
            std::to_string(row.version));
  for (const auto& [property, clock] : entity.property_clock) {
    if (clock.version <= row.version) continue;
    std::string text = where;
    text.append(": property \"").append(property).append("\" has changed in version ");
    text.append(std::to_string(clock.version)).append(" of ").append(std::to_string(row.version));
    finding(text);
  }
  if (!row.deleted) check_document(where, scope, entity.data);
}

void Verifier::check_scope(const ScopeRow& scope) {
  const std::string sql = std::string("SELECT ") + EntityRow::columns + " FROM entity WHERE scope = ?1";
  Statement statement(db_, sql.c_str());
  Digest digest;
  std::uint64_t count = 0;
  Query found(statement, scope.id);
  while (found.row()) {
    done_.entities += 1;
    guarded([&] {
      const EntityRow row(found);
      check_entity(scope, row);
      if (row.deleted) return;
      digest.add(row.id, row.version, row.ts, row.by);
      count += 1;
    });
  }
  const std::string where = "scope \"" + scope.topic + "\": ";
  if (count != scope.count)
    finding(where + "it counts " + std::to_string(scope.count) + " documents and holds " +
            std::to_string(count));
  if (digest != scope.digest)
    finding(where + "its digest is " + scope.digest.hex() + ", of what it holds " + digest.hex());
}

void Verifier::check_outcomes() {
  Statement statement(db_, "SELECT result, user, src, scope, n FROM outcome");
  Query found(statement);
  while (found.row()) {
    guarded([&] {
      const ReplicaKey key{std::string(found.text(1)), std::string(found.text(2)), found.number(3)};
      if (outcome_row(found, key).n != found.natural(4))
        finding("an outcome of replica \"" + key.src + "\" in scope " + std::to_string(key.scope) +
                " is kept under another number: " + std::to_string(found.natural(4)));
    });
  }
}

Verified Verifier::run() {
  guarded([&] { check_pages(); });
  guarded([&] {
    if (epoch_ms(read_meta(db_).epoch) == 0) finding("meta: the epoch does not begin with a time");
  });
  for (const Rule& rule : rules) {
    guarded([&] {
      Statement statement(db_, rule.sql);
      Query found(statement);
      while (found.row()) finding(std::string(found.text(0)));
    });
  }
  guarded([&] {
    const std::string sql = std::string("SELECT ") + scope_columns + " FROM scope ORDER BY topic";
    Statement statement(db_, sql.c_str());
    Query found(statement);
    while (found.row()) {
      done_.scopes += 1;
      const ScopeRow scope = scope_row(found);
      guarded([&] { check_scope(scope); });
    }
  });
  guarded([&] { check_outcomes(); });
  guarded([&] { done_.records = check_records(db_, [this](const std::string& what) { finding(what); }); });
  return done_;
}

}  // namespace

Verified verify_store(const std::string& address, const Collections* collections,
                      const std::function<void(const std::string& finding)>& tell) {
  const auto file = sqlite_file(address);
  if (!file) throw StoreError(Kind::other, file.error().message);
  if (!sqlite::in_memory(*file) && access(file->c_str(), F_OK) != 0)
    throw StoreError(Kind::unwritable, *file + ": there is no store; mind the path");
  Connection db(*file, Connection::Mode::read);
  if (schema_version(db) != store_schema_version())
    throw StoreError(
        Kind::other,
        *file + " was written by an earlier version; start the bridge once to bring it up to date");
  db.run("BEGIN");
  return Verifier(db, collections, tell).run();
}

}  // namespace msync
