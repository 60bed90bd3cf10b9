// The server's clock as clients see it: Unix time in ms that never goes back, over restarts neither (the store
// keeps the last one given). Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace msync {

class ServerTime {
 public:
  explicit ServerTime(std::int64_t last_given_ms) : last_ms_(last_given_ms) {}

  std::int64_t now_ms() {
    using namespace std::chrono;
    const std::int64_t clock_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    at_least(clock_ms);
    return last_ms_.load();
  }

  /// From now on at least this.
  void at_least(std::int64_t ms) {
    std::int64_t last = last_ms_.load();
    while (ms > last && !last_ms_.compare_exchange_weak(last, ms)) {
    }
  }

 private:
  std::atomic<std::int64_t> last_ms_;
};

}  // namespace msync
