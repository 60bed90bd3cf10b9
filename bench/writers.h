// Writers that keep a fixed number of messages outstanding, and how long each waited for its answer.
//
// One writer is one connection and one thread; answers are counted on the link's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mqtt/link.h"

namespace msync::bench {

using Clock = std::chrono::steady_clock;

struct Load {
  int writers = 8;
  std::size_t outstanding = 64;
  std::size_t document_bytes = 250;
  std::size_t keys = 10'000;
  int seconds = 10;
};

/// What one side of the comparison came to.
struct Figures {
  std::uint64_t answered = 0;
  double seconds = 0;
  double p50_ms = 0;
  double p99_ms = 0;

  double per_second() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
};

class Writer {
 public:
  /// The payload of the n-th message, from 1.
  using Payload = std::function<std::string(std::uint64_t n)>;
  /// Given a received message: the number up to which it answers, 0 for none.
  using Answers = std::function<std::uint64_t(const LinkMessage&)>;

  /// With `answers`, a message is answered when a received one says so; without, by its PUBACK.
  Writer(LinkOptions options, std::string topic, Payload payload, Answers answers, std::size_t outstanding);

  /// False if there is no connection in time.
  bool connect(const std::vector<std::string>& filters);

  /// Writes until `end`, then waits for what is outstanding.
  void write_until(Clock::time_point end);

  std::uint64_t answered() const { return answered_; }
  const std::vector<float>& latencies_ms() const { return latencies_ms_; }

 private:
  void answer_up_to(std::uint64_t n);

  std::string topic_;
  Payload payload_;
  Answers answers_;
  std::size_t outstanding_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::deque<Clock::time_point> waiting_;
  std::vector<float> latencies_ms_;

  Link link_;  // last: its thread uses the above
};

/// All writers at once for the load's time.
Figures run(std::vector<std::unique_ptr<Writer>>& writers, const Load& load);

}  // namespace msync::bench
