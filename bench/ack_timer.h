// One writer that writes again as soon as it is answered: how long an ack takes, while something else goes on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mqtt/link.h"

namespace msync::bench {

class AckTimer {
 public:
  /// Begins to write into the scope at once, as a user of its own.
  AckTimer(const std::string& broker, const std::string& scope, const std::string& epoch);
  ~AckTimer();
  AckTimer(const AckTimer&) = delete;
  AckTimer& operator=(const AckTimer&) = delete;

  struct Latency {
    double median_ms = 0;
    double p99_ms = 0;
    std::size_t acks = 0;
  };
  /// Of the acks since the last call.
  Latency take();

 private:
  void run();

  std::string scope_;
  std::string epoch_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t acked_ = 0;
  std::vector<double> latencies_ms_;
  std::atomic<bool> ending_ = false;
  Link link_;
  std::thread thread_;
};

}  // namespace msync::bench
