// The status page's content: what is up, how fast it goes, who is behind, what went wrong. docs/operations.md, "Status".
//
// It samples on a thread of its own: every limits::status_sample_ms rates and lists, every limits::store_sample_ms what the
// store holds (bridge/store_numbers.h), which it tells the metrics, too. What is asked for is read from the last sample, but
// for searches. All but run() may be called by any thread. Only names, numbers and codes are shown, no document.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/metrics.h"
#include "bridge/rejections.h"
#include "bridge/server_time.h"
#include "bridge/store_numbers.h"
#include "core/json.h"

namespace msync {

class StatusBoard {
 public:
  struct Parts {
    Metrics& metrics;
    Rejections& rejections;
    ServerTime& time;
    std::unique_ptr<StoreReader> reader;  // its own
    std::string store;                    // address
    std::string broker;                   // likewise
    std::string version;
    std::string epoch;
    std::function<void()> sampled = {};  // there is news; on the board's thread
    std::int64_t sample_ms = limits::status_sample_ms;
    std::int64_t store_sample_ms = limits::store_sample_ms;
  };

  explicit StatusBoard(Parts parts);

  /// The thread's body, until stop(); the first sample at once.
  void run();
  void stop();

  /// All of it, with the last hour.
  std::string json() const;

  /// What a page that has json() needs to stay up to date: the state, the newest point of the rates, and lists only where
  /// they are others than in the sample before. Made once a sample, however many ask.
  std::string news() const;
  /// The number of the last sample: news() is another one when it has risen.
  std::uint64_t samples() const { return samples_; }

  /// {"scopes":[…],"more":…}: those whose topic contains the text, at most limits::status_rows. {"replicas":[…],"more":…}:
  /// likewise by topic, user or src. Reads the store, up to 0.2 s in one of 100,000 replicas. Throws StoreError.
  std::string scopes(std::string_view text) const;
  std::string replicas(std::string_view text) const;

 private:
  struct Point {
    std::int64_t at_ms = 0;
    double mutations = 0, deltas = 0, pulls = 0;                                        // a second
    std::int64_t ack_p50_us = 0, ack_p99_us = 0, commit_p50_us = 0, commit_p99_us = 0;  // -1: none came
  };
  struct Lists {
    Json scopes = Json::array(), replicas = Json::object(), conflicts = Json::array(),
         rejections = Json::array();
    bool more_scopes = false;
  };

  void sample();
  Point next_point(std::int64_t now_ms);
  void read_store(std::int64_t now_ms);
  void read_conflicts(View& view);
  Json find_scopes(View& view, std::string_view text, bool& more) const;
  Json replica_summary() const;
  Json state(std::int64_t now_ms) const;
  static Json rates(const std::deque<Point>& points, std::size_t from, std::int64_t step_ms);

  Parts parts_;
  std::int64_t start_ms_;
  StoreCounter counter_;  // with the reader: guarded by reading_
  mutable std::mutex reading_;

  // The sampling thread's own.
  Totals last_;
  Metrics::Clock::time_point last_at_;
  Metrics::Clock::time_point store_due_;
  bool told_unreadable_ = false;
  std::int64_t last_conflict_ = 0;
  std::deque<Json> conflicts_;  // newest first

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  bool readable_ = true;  // the store, when it was read last
  std::optional<bool> was_up_;
  std::int64_t up_since_ms_ = 0;
  StoreNumbers numbers_;
  Lists lists_;
  std::deque<Point> points_;
  std::string news_ = "{}";
  std::atomic<std::uint64_t> samples_ = 0;
};

}  // namespace msync
