// The sweeper: forgets what nobody needs any more. docs/store.md, "What is forgotten".
//
// No thread, no clock: the pipeline calls it between commits, the simulator too. A round visits every scope that has
// tombstones or history, a bounded amount a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bridge/store/store.h"
#include "core/collection.h"

namespace msync {

struct Swept {
  std::size_t tombstones = 0;
  std::size_t history = 0;
  std::size_t requests = 0;
  bool more = false;  // the round has not ended: call again soon
};

class Sweeper {
 public:
  /// One round at a time sees these collections. A scope whose collection is not among them is left alone.
  Sweeper(Store& store, std::shared_ptr<const Collections> collections);

  /// At most limits::sweep_rows, in one transaction; nothing is written if there is nothing to forget. Throws
  /// StoreError.
  Swept sweep(std::int64_t now_ms);

 private:
  void sweep_scope(ScopeRow& scope, const Collection& collection, std::int64_t now_ms, Swept& done);
  /// The seq up to which this scope's tombstones may go.
  std::uint64_t purgeable(const ScopeRow& scope, const Collection& collection, std::int64_t now_ms);

  Store& store_;
  std::shared_ptr<const Collections> collections_;
  std::int64_t last_scope_ = 0;  // visited in this round
};

}  // namespace msync
