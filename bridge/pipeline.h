// The pipeline: takes what is in the inbox, commits it as one transaction, hands over what came of it.
//
// One thread, the only one that writes to the store. When the store fails it keeps the batch, lets the inbox
// drop what no longer fits (clients send again), and tries until it works: a full disk or a locked database
// loses nothing that was acknowledged. A commit whose fate is unknown is looked up in the reopened store. Between
// commits it sweeps, a little at a time, and raises the boot.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bridge/cursors.h"
#include "bridge/inbox.h"
#include "bridge/metrics.h"
#include "bridge/outbox.h"
#include "bridge/retrying_committer.h"
#include "bridge/server_time.h"

namespace msync {

class Pipeline {
 public:
  struct Parts {
    std::unique_ptr<Store> store;
    std::function<std::unique_ptr<Store>()> reopen;  // throws StoreError
    Inbox& inbox;
    Outbox& outbox;
    Cursors& cursors;
    ServerTime& time;
    std::function<std::shared_ptr<const Collections>()> collections;
    std::function<void()> wake_publisher;
    std::function<void(std::uint64_t boot)> boot_raised;
    std::function<void()> revocations_changed;  // stored: who must know can read them
    RevokeRules revoking;
    std::function<void(const std::string& why)> fatal;  // the store is damaged: the bridge must end
    std::int64_t boot_interval_ms = limits::boot_interval_ms;
    std::function<void(std::span<const Touched>)> touched = {};  // committed: who streams them can look
    WebhookProgress* webhooks = nullptr;                         // cursors to be stored; may be none
    Metrics* metrics = nullptr;                                  // where nobody counts: none
    Rejections* rejections = nullptr;                            // likewise
  };

  explicit Pipeline(Parts parts);

  /// The thread's body: until the inbox is closed and empty.
  void run();

  /// Before run() works on anything, and again after disconnects: is somebody there to be answered?
  void set_ready(bool ready);

  bool ready() const { return ready_; }

  /// Any thread: did the last commit succeed?
  bool storing() const { return !failing_; }

  /// Any thread: fingerprints of collections, for run() to store soon.
  void remember(std::vector<std::pair<std::string, std::string>> accepted);

  /// Ends run() even if the inbox is not empty: for a store that does not recover.
  void give_up();

 private:
  /// How many messages from the front were committed; 0 if the store failed.
  std::size_t commit(std::span<const Inbound> batch);
  /// What is done beside commits, each when it is due.
  void keep_house();
  std::int64_t sweep();
  void forget_revocations();
  void store_accepted();
  void store_webhooks(bool all);
  void note_failure(const StoreError& error);
  void note_success();
  void hand_over(Committed& committed);
  void pause(int wait_ms);

  Parts parts_;
  RetryingCommitter committer_;
  std::vector<std::pair<std::int64_t, std::uint64_t>> unsaved_cursors_;
  std::chrono::steady_clock::time_point next_sweep_;  // the first at once
  std::chrono::steady_clock::time_point next_boot_;
  bool changed_ = false;  // since the boot was raised last
  std::atomic<bool> failing_ = false;
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> accepted_;  // not yet stored; guarded by mutex_
  std::atomic<bool> ready_ = false;
  std::atomic<bool> giving_up_ = false;
};

}  // namespace msync
