// One webhook at work: its backlog, and the threads that post from it.
//
// As many threads as it may have POSTs under way; each takes a scope, reads what is next from the store, posts it, and
// tells the progress when the receiver has answered 2xx. So a receiver that hangs or is gone holds up its own webhook
// only. touch() and stats() on any thread; the rest on one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bridge/committer.h"
#include "bridge/http_client.h"
#include "bridge/server_time.h"
#include "bridge/webhooks/backlog.h"
#include "bridge/webhooks/delivery.h"
#include "bridge/webhooks/progress.h"

namespace msync {

/// For the metrics.
struct WebhookStats {
  std::string name;
  std::uint64_t delivered = 0;  // POSTs that were answered 2xx
  std::uint64_t failures = 0;   // POSTs that were not
  std::size_t waiting = 0;      // scopes with something to deliver
  std::int64_t lag_ms = 0;      // how long the oldest of it has been due, since this start at most
};

class WebhookTarget {
 public:
  struct Parts {
    WebhookConfig config;
    std::string epoch;
    std::function<void(const std::function<void(View&)>&)> read;  // calls back with a view; throws StoreError
    WebhookProgress& progress;
    ServerTime& time;
    std::function<void(const std::string& why)> fatal;
  };

  explicit WebhookTarget(Parts parts);
  ~WebhookTarget();
  WebhookTarget(const WebhookTarget&) = delete;
  WebhookTarget& operator=(const WebhookTarget&) = delete;

  const WebhookConfig& config() const { return parts_.config; }

  /// A scope moved. Before start(), too.
  void touch(const Touched& touched);

  /// What the store says of a scope; before start().
  void behind(const ScopeRow& scope, std::uint64_t cursor);

  void start();

  /// Takes nothing up any more. What is under way may end within `grace`, and counts; after it, it is broken off.
  void stop(std::chrono::milliseconds grace);
  /// Waits for that.
  void join();

  WebhookStats stats() const;

 private:
  struct Attempt {
    std::string scope;
    bool arrived = false;
    std::string why;
    std::int64_t asked_pause_ms = 0;
  };

  void run();
  void work_on(const Backlog::Work& work, HttpClient& client);
  Delivery read(const Backlog::Work& work, std::string& topic);
  Attempt post(Delivery&& delivery, HttpClient& client);
  void succeeded(const Backlog::Work& work, const Attempt& attempt, std::uint64_t to);
  void failed(const Backlog::Work& work, const Attempt& attempt);
  bool broken_off() const;

  Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  Backlog backlog_;        // guarded by mutex_, as the next two
  WebhookStats counters_;  // the counters of it
  std::minstd_rand dice_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::chrono::steady_clock::time_point> break_off_at_;
  std::vector<std::thread> threads_;
};

}  // namespace msync
