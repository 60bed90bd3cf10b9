// What both sides of the store read alike: the rows of scope and outcome.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {

/// The columns in the order in which scope_row() reads them.
inline constexpr const char* scope_columns =
    "scope.id, scope.topic, scope.collection, scope.seq, scope.horizon, scope.count, scope.digest";

ScopeRow scope_row(const sqlite::Query& query);

/// The scopes whose head is above the cursor of the cell ?1; behind_rows() reads them.
inline constexpr const char* select_behind =
    "SELECT scope.id, scope.topic, scope.collection, scope.seq, scope.horizon, scope.count, scope.digest, "
    "ifnull(published.seq, 0) FROM scope LEFT JOIN published ON published.cell = ?1 AND published.scope = "
    "scope.id WHERE scope.seq > ifnull(published.seq, 0) ORDER BY scope.topic";

std::vector<Behind> behind_rows(sqlite::Statement& select, std::string_view cell);

/// The result in the first column. StoreError corrupt if it cannot be read.
MutationResult outcome_row(const sqlite::Query& query, const ReplicaKey& key);

}  // namespace msync
