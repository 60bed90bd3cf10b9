// The tables, as numbered steps: what a store of version N lacks of version N+1. A step that was released is
// never changed; what comes later is a new step. docs/store.md describes the tables that result.
#pragma once

namespace msync {

namespace sqlite {
class Connection;
}

/// Marks a database as ours ("msyn").
inline constexpr int store_application_id = 0x6d73796e;

/// The version that all steps together make; SQLite's user_version.
int store_schema_version();

/// The database's version: 0 for an empty one. StoreError other if it is another program's, newer if it is of
/// a later version of this one.
int schema_version(sqlite::Connection& connection);

/// The steps past the database's own version, and the new version. REQUIRES: a transaction is open.
void migrate(sqlite::Connection& connection);

}  // namespace msync
