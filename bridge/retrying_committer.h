// A committer that survives its store: a batch that failed can be given again, and is stored once.
//
// No thread, no clock, no pause: the pipeline decides when to try again, the simulator too. A commit whose fate
// is unknown closes the store; the next call opens it anew and lets the numbers tell what was stored. Messages
// without numbers are then passed over: stored twice is worse than lost for who asked for neither.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "bridge/committer.h"
#include "bridge/sweeper.h"
#include "bridge/webhooks/progress.h"

namespace msync {

class RetryingCommitter {
 public:
  /// Opens the store again; throws StoreError.
  using Open = std::function<std::unique_ptr<Store>()>;

  RetryingCommitter(std::unique_ptr<Store> store, Open open, RevokeRules revoking = {});

  /// As Committer::commit(). Throws StoreError: the caller gives the same messages again, more behind them if
  /// it likes.
  Committed commit(std::span<const Inbound> batch, std::int64_t now_ms,
                   std::span<const std::pair<std::int64_t, std::uint64_t>> published);

  /// The next part of a round of the sweeper; a round keeps the collections that it began with. Throws StoreError;
  /// the next call then opens the store anew where that may help.
  Swept sweep(const std::shared_ptr<const Collections>& collections, std::int64_t now_ms);

  /// Store::raise_boot(). Throws StoreError, as sweep().
  std::uint64_t raise_boot();

  /// Forgets revocations that have ended; how many. Throws StoreError, as sweep().
  std::size_t drop_revocations(std::int64_t now_s);

  /// Notes which schemas the documents were held against: collections and fingerprints. Throws StoreError, as
  /// sweep().
  void accept(std::span<const std::pair<std::string, std::string>> accepted);

  /// How far webhooks have come, and which there are. Throws StoreError, as sweep().
  void save_webhooks(const WebhookMarks& marks);

 private:
  /// Work beside commits. A store that failed in it is opened anew: nobody knows in which state it is.
  template <class Work>
  auto aside(Work&& work);
  void open_if_closed();
  void close();
  void touch_unpublished(Committed& done);
  void note_failure();

  Open open_;
  RevokeRules revoking_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Committer> committer_;
  std::optional<Sweeper> sweeper_;
  std::size_t unsure_messages_ = 0;  // at the front of the next batch: stored, or not
};

}  // namespace msync
