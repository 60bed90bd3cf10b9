// What the bridge counts, for whoever watches it: GET /metrics, in Prometheus' text format, and the status page's rates.
//
// metrics.cpp is the only file that includes prometheus-cpp. The daemon owns one and hands it to its parts, which call it
// once for each batch, page or request: a few atomic additions. Labels come from closed sets (outcomes, reasons, routes,
// the names of webhooks in the configuration), never from users, clients or topics. Thread-safe, all of it. What each
// metric means is docs/operations.md, "Metrics".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/committer.h"
#include "bridge/latencies.h"
#include "bridge/store_numbers.h"
#include "bridge/sweeper.h"
#include "core/door_counters.h"

namespace msync {

/// What is as it is at this moment; asked for when somebody looks.
struct Gauges {
  std::uint64_t inbox_messages = 0;
  std::uint64_t inbox_bytes = 0;
  std::uint64_t inbox_dropped = 0;  // since the start, as the next two
  std::uint64_t broker_dropped = 0;
  std::uint64_t input_refused = 0;
  std::uint64_t outbox_bytes = 0;
  std::uint64_t waiting_pulls = 0;
  std::uint64_t unpublished_scopes = 0;  // whose head the broker has not acknowledged
  std::uint64_t http_streams = 0;        // and long polls, open
  std::uint64_t gateway_connections = 0;
  bool connected = false;  // to the broker
  bool ready = false;      // the gate was passed: input is taken

  struct Webhook {
    std::string name;
    double lag_s = 0;
    std::uint64_t accepted = 0;
    std::uint64_t failed = 0;
  };
  std::vector<Webhook> webhooks = {};
};

/// What the status page makes rates and percentiles of: counts since the start.
struct Totals {
  std::uint64_t mutations = 0;
  std::uint64_t rejected = 0;
  std::uint64_t deltas = 0;
  std::uint64_t pulls = 0;
  Latencies::Counts acks = {};
  Latencies::Counts commits = {};
};

/// What became of a pull.
enum class PullEnd : std::uint8_t { answered, refused, failed, dropped, replaced };

class Metrics {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  explicit Metrics(std::string_view version = "");
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The pipeline: a transaction is stored, and what it answers is on its way out. `taken` are the messages it was about.
  void committed(const Committed& done, std::span<const Inbound> taken, Clock::time_point began,
                 Clock::time_point stored);
  void store_failed();
  /// Since the last transaction that was stored.
  bool store_failing() const;
  void swept(const Swept& done);

  /// The publisher: a live delta of this many bytes was handed to the link.
  void delta_sent(std::size_t bytes);
  /// A connection to the broker came to be.
  void connected();

  void pull_ended(PullEnd end);
  void pull_answered(std::size_t pages, std::size_t bytes, Seconds took);

  /// The plugin has said how far its counters are; it may have begun anew.
  void door(const DoorCounters& now);

  struct DoorState {
    std::int64_t heard_ms = 0;  // when the plugin was heard of last, Unix time; 0: never
    std::uint64_t connections = 0;
  };
  DoorState door_state() const;

  void store(const StoreNumbers& numbers);

  /// `route` is the server's own name of it, such as "document", `status` the answer's.
  void http_request(std::string_view route, int status, Seconds took);

  /// How old the oldest change is that a webhook has not delivered, 0 if there is none; and how many POSTs were accepted, and were not, since the
  /// start.
  void webhook_lag(const std::string& name, Seconds lag);
  void webhook_posts(const std::string& name, std::uint64_t accepted, std::uint64_t failed);

  /// Where the gauges come from; none before. Called by text() and gauges().
  void watch(std::function<Gauges()> gauges);
  Gauges gauges() const;

  Totals totals() const;

  /// The page.
  std::string text();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace msync
