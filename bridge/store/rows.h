// What both sides of the store read alike: the rows of scope and outcome.
#pragma once

#include <string>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {

/// The columns in the order in which scope_row() reads them.
inline constexpr const char* scope_columns =
    "scope.id, scope.topic, scope.collection, scope.seq, scope.horizon, scope.count, scope.digest";

ScopeRow scope_row(const sqlite::Query& query);

/// The result in the first column. StoreError corrupt if it cannot be read.
MutationResult outcome_row(const sqlite::Query& query, const ReplicaKey& key);

}  // namespace msync
