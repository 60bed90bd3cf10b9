// A committer that survives its store: a batch that failed can be given again, and is stored once.
//
// No thread, no clock, no pause: the pipeline decides when to try again, the simulator too. A commit whose fate
// is unknown closes the store; the next call opens it anew and lets the numbers tell what was stored. Messages
// without numbers are then passed over: stored twice is worse than lost for who asked for neither.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "bridge/committer.h"

namespace msync {

class RetryingCommitter {
 public:
  /// Opens the store again; throws StoreError.
  using Open = std::function<std::unique_ptr<Store>()>;

  RetryingCommitter(std::unique_ptr<Store> store, Open open);

  /// As Committer::commit(). Throws StoreError: the caller gives the same messages again, more behind them if
  /// it likes.
  Committed commit(std::span<const Inbound> batch, std::int64_t now_ms,
                   std::span<const std::pair<std::int64_t, std::uint64_t>> published);

 private:
  void note_failure();

  Open open_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Committer> committer_;
  std::size_t unsure_messages_ = 0;  // at the front of the next batch: stored, or not
};

}  // namespace msync
