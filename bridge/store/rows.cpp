#include "bridge/store/rows.h"

namespace msync {

ScopeRow scope_row(const sqlite::Query& query) {
  ScopeRow row;
  row.id = query.number(0);
  row.topic = query.text(1);
  row.collection = query.text(2);
  row.seq = query.natural(3);
  row.horizon = query.natural(4);
  row.count = query.natural(5);
  row.digest = Digest::from_bits(query.natural(6));
  return row;
}

std::vector<Behind> behind_rows(sqlite::Statement& select, std::string_view cell) {
  std::vector<Behind> all;
  sqlite::Query found(select, cell);
  while (found.row()) all.push_back({scope_row(found), found.natural(7)});
  return all;
}

MutationResult outcome_row(const sqlite::Query& query, const ReplicaKey& key) {
  auto result = decode_result(query.text(0));
  if (result) return *std::move(result);
  throw StoreError(
      StoreError::Kind::corrupt,
      "an outcome of replica \"" + key.src + "\" in scope " + std::to_string(key.scope) +
          " is damaged; keep a copy of the store, look at the disk, and restore the latest backup");
}

}  // namespace msync
