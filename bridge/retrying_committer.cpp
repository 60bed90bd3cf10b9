#include "bridge/retrying_committer.h"

#include <algorithm>
#include <utility>

namespace msync {

RetryingCommitter::RetryingCommitter(std::unique_ptr<Store> store, Open open, RevokeRules revoking)
    : open_(std::move(open)),
      revoking_(std::move(revoking)),
      store_(std::move(store)),
      committer_(std::make_unique<Committer>(*store_, revoking_)) {}

Committed RetryingCommitter::commit(std::span<const Inbound> batch, std::int64_t now_ms,
                                    std::span<const std::pair<std::int64_t, std::uint64_t>> published) {
  open_if_closed();
  const bool unsure = unsure_messages_ > 0;
  // Exactly those: behind them there may be messages without numbers that nobody has tried to store yet.
  if (unsure) batch = batch.first(std::min(unsure_messages_, batch.size()));
  try {
    Committed done = committer_->commit(batch, now_ms, published, unsure);
    if (unsure) touch_unpublished(done);
    unsure_messages_ = 0;
    return done;
  } catch (const StoreError&) {
    note_failure();
    throw;
  }
}

/// What that commit stored, if it did, moved heads that this one finds where they are.
void RetryingCommitter::touch_unpublished(Committed& done) {
  done.touched.clear();
  for (Behind& behind : store_->unpublished())
    done.touched.push_back({std::move(behind.scope), behind.published});
}

void RetryingCommitter::note_failure() {
  if (!committer_->fate_unknown()) return;
  if (unsure_messages_ == 0) unsure_messages_ = committer_->attempted();
  close();
}

template <class Work>
auto RetryingCommitter::aside(Work&& work) {
  open_if_closed();
  try {
    return work();
  } catch (const StoreError& error) {
    store_->rollback();
    if (error.kind != StoreError::Kind::busy) close();  // else nothing has begun
    throw;
  }
}

Swept RetryingCommitter::sweep(const std::shared_ptr<const Collections>& collections, std::int64_t now_ms) {
  return aside([&] {
    if (!sweeper_) sweeper_.emplace(*store_, collections);
    const Swept done = sweeper_->sweep(now_ms);
    if (!done.more) sweeper_.reset();
    return done;
  });
}

std::uint64_t RetryingCommitter::raise_boot() {
  return aside([this] { return store_->raise_boot(); });
}

std::size_t RetryingCommitter::drop_revocations(std::int64_t now_s) {
  return aside([&] {
    store_->begin();
    const std::size_t dropped = store_->drop_revocations(now_s);
    if (dropped > 0) {
      store_->commit();
    } else {
      store_->rollback();
    }
    return dropped;
  });
}

void RetryingCommitter::accept(std::span<const std::pair<std::string, std::string>> accepted) {
  aside([&] {
    store_->begin();
    for (const auto& [collection, fingerprint] : accepted) store_->save_accepted(collection, fingerprint);
    store_->commit();
  });
}

void RetryingCommitter::save_webhooks(const WebhookMarks& marks) {
  aside([&] {
    store_->begin();
    for (const auto& [name, cursors] : marks.cursors)
      for (const auto& [scope, seq] : cursors) store_->save_webhook(name, scope, seq);
    if (marks.keep) store_->keep_webhooks(*marks.keep);
    store_->commit();
  });
}

void RetryingCommitter::open_if_closed() {
  if (committer_) return;
  store_ = open_();
  committer_ = std::make_unique<Committer>(*store_, revoking_);
}

void RetryingCommitter::close() {
  sweeper_.reset();
  committer_.reset();
  store_.reset();
}

}  // namespace msync
