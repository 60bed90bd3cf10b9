#include "bridge/store/migrations.h"

#include <array>
#include <string>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {
namespace {

// Why entity has a rowid: measured against WITHOUT ROWID, an update is as fast and an insert twice as fast,
// and unique (scope, seq), which moves with every change, stays small.
constexpr const char* step_1 = R"sql(
CREATE TABLE meta (
  only      INTEGER PRIMARY KEY CHECK (only = 1),
  epoch     TEXT NOT NULL,
  boot      INTEGER NOT NULL,
  last_time INTEGER NOT NULL
) STRICT;

CREATE TABLE scope (
  id         INTEGER PRIMARY KEY,
  topic      TEXT NOT NULL UNIQUE,
  collection TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  horizon    INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  digest     INTEGER NOT NULL
) STRICT;

CREATE TABLE published (
  cell  TEXT NOT NULL,
  scope INTEGER NOT NULL REFERENCES scope,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (cell, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE entity (
  scope    INTEGER NOT NULL REFERENCES scope,
  id       TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  version  INTEGER NOT NULL,
  edited   INTEGER NOT NULL,
  ts       INTEGER NOT NULL,
  user     TEXT NOT NULL,
  src      TEXT NOT NULL,
  by       TEXT NOT NULL,
  by_src   TEXT NOT NULL,
  by_n     INTEGER NOT NULL,
  put_ts   INTEGER NOT NULL,
  put_src  TEXT NOT NULL,
  deleted  INTEGER NOT NULL,
  data     TEXT,
  clocks   TEXT,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (scope, id),
  UNIQUE (scope, seq)
) STRICT;

CREATE TABLE replica (
  user    TEXT NOT NULL,
  src     TEXT NOT NULL,
  scope   INTEGER NOT NULL REFERENCES scope,
  n       INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (user, src, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
  user   TEXT NOT NULL,
  src    TEXT NOT NULL,
  scope  INTEGER NOT NULL REFERENCES scope,
  n      INTEGER NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (user, src, scope, n)
) STRICT, WITHOUT ROWID;
)sql";

// When each tombstone came, for purging. In seq order, which is the order of time, too: the server's never goes
// back. For the ones there are, the store's last time will do: they are kept longer than need be.
constexpr const char* tombstones = R"sql(
CREATE TABLE tombstone (
  scope INTEGER NOT NULL REFERENCES scope,
  seq   INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  PRIMARY KEY (scope, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO tombstone SELECT scope, seq, (SELECT last_time FROM meta) FROM entity WHERE deleted = 1;

CREATE INDEX replica_seen ON replica (scope, seen_at, seen) WHERE seen_at > 0;
)sql";

// The documents come last in their rows: what looks for a record's age or id does not read them. conflict's numbers
// only rise, because the newest is never dropped.
constexpr const char* records = R"sql(
CREATE TABLE conflict (
  number INTEGER PRIMARY KEY,
  scope  INTEGER NOT NULL REFERENCES scope,
  id     TEXT NOT NULL,
  at     INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX conflict_scope ON conflict (scope, number);

CREATE TABLE history (
  scope   INTEGER NOT NULL REFERENCES scope,
  seq     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL,
  op      TEXT NOT NULL,
  ts      INTEGER NOT NULL,
  user    TEXT NOT NULL,
  src     TEXT NOT NULL,
  n       INTEGER NOT NULL,
  before  TEXT,
  after   TEXT,
  PRIMARY KEY (scope, seq)
) STRICT;
CREATE INDEX history_at ON history (at, scope, seq);

CREATE TABLE accepted (
  collection  TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Under which boot a scope last changed: what a broker that went back to an old store lacks.
constexpr const char* boots = R"sql(
ALTER TABLE scope ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;
UPDATE scope SET boot = ifnull((SELECT boot FROM meta), 0);
)sql";

// Tokens that no longer count: one of the two names is empty. Few, and forgotten when the last such token has ended.
constexpr const char* revocations = R"sql(
CREATE TABLE revocation (
  user     TEXT NOT NULL,
  token_id TEXT NOT NULL,
  at       INTEGER NOT NULL,
  until    INTEGER NOT NULL,
  PRIMARY KEY (user, token_id)
) STRICT, WITHOUT ROWID;
)sql";

// Requests whose sender named them, and what became of them; and how far each webhook has come.
constexpr const char* requests = R"sql(
CREATE TABLE request (
  user        TEXT NOT NULL,
  key         TEXT NOT NULL,
  at          INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  result      TEXT NOT NULL,
  PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_at ON request (at);

CREATE TABLE webhook (
  name  TEXT NOT NULL,
  scope INTEGER NOT NULL REFERENCES scope,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (name, scope)
) STRICT, WITHOUT ROWID;
)sql";

// A webhook that has begun has a cursor of scope 0, which is none.
constexpr const char* webhook_beginnings = R"sql(
DROP TABLE webhook;
CREATE TABLE webhook (
  name  TEXT NOT NULL,
  scope INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (name, scope)
) STRICT, WITHOUT ROWID;
)sql";

// One entity's history is read without its scope's: whoever asks for it over HTTP keeps others waiting.
constexpr const char* history_by_entity = R"sql(
CREATE INDEX history_id ON history (scope, id, seq);
)sql";

// What tells that a record is as it was written. Those of before have none: what they were is not known any more.
constexpr const char* record_checksums = R"sql(
ALTER TABLE conflict ADD COLUMN checksum INTEGER;
ALTER TABLE history ADD COLUMN checksum INTEGER;
)sql";

constexpr std::array steps = {step_1,   tombstones,         records,           boots,           revocations,
                              requests, webhook_beginnings, history_by_entity, record_checksums};

}  // namespace

int store_schema_version() {
  return static_cast<int>(steps.size());
}

int schema_version(sqlite::Connection& connection) {
  const auto id = connection.number("PRAGMA application_id");
  const auto version = static_cast<int>(connection.number("PRAGMA user_version"));
  const bool empty = connection.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (id == 0 && version == 0 && empty) return 0;
  if (id != store_application_id)
    throw StoreError(StoreError::Kind::other,
                     connection.file() + " is a database of another program; name another file with --store");
  if (version > store_schema_version())
    throw StoreError(StoreError::Kind::newer,
                     connection.file() + " was written by a later version (its schema is " +
                         std::to_string(version) + ", this program knows " +
                         std::to_string(store_schema_version()) + "); install that version or a later one");
  return version;
}

void migrate(sqlite::Connection& connection) {
  auto version = static_cast<std::size_t>(connection.number("PRAGMA user_version"));
  if (version == steps.size()) return;
  for (; version < steps.size(); ++version) connection.run(steps[version]);
  connection.run(("PRAGMA application_id = " + std::to_string(store_application_id)).c_str());
  connection.run(("PRAGMA user_version = " + std::to_string(version)).c_str());
}

}  // namespace msync
