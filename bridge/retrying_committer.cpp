#include "bridge/retrying_committer.h"

#include <algorithm>

namespace msync {

RetryingCommitter::RetryingCommitter(std::unique_ptr<Store> store, Open open)
    : open_(std::move(open)), store_(std::move(store)), committer_(std::make_unique<Committer>(*store_)) {}

Committed RetryingCommitter::commit(std::span<const Inbound> batch, std::int64_t now_ms,
                                    std::span<const std::pair<std::int64_t, std::uint64_t>> published) {
  if (!committer_) {
    store_ = open_();
    committer_ = std::make_unique<Committer>(*store_);
  }
  const bool unsure = unsure_messages_ > 0;
  // Exactly those: behind them there may be messages without numbers that nobody has tried to store yet.
  if (unsure) batch = batch.first(std::min(unsure_messages_, batch.size()));
  try {
    Committed done = committer_->commit(batch, now_ms, published, unsure);
    unsure_messages_ = 0;
    return done;
  } catch (const StoreError&) {
    note_failure();
    throw;
  }
}

void RetryingCommitter::note_failure() {
  if (!committer_->fate_unknown()) return;
  if (unsure_messages_ == 0) unsure_messages_ = committer_->attempted();
  committer_.reset();
  store_.reset();
}

}  // namespace msync
