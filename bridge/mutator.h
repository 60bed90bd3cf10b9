// One mutation on the store: read what stands, reconcile, write what it came to. Called by the committer inside
// its transaction; throws StoreError.
#pragma once

#include "bridge/store/store.h"

namespace msync {

/// A group is all or nothing: its first operation that is not stored undoes the ones before it. `scope` is the
/// caller's copy of the row: seq, count and digest move with every change. The result's `n` is the writer's.
/// `now_ms` is the server's time, also in the records of conflicts and history; of a group that failed, the conflict
/// of the operation that made it fail is recorded.
MutationResult apply_mutation(Store& store, const Collection& collection, ScopeRow& scope,
                              const Mutation& mutation, const Writer& writer, std::int64_t now_ms);

}  // namespace msync
