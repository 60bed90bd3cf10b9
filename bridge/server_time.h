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
    std::int64_t last = last_ms_.load();
    while (clock_ms > last && !last_ms_.compare_exchange_weak(last, clock_ms)) {
    }
    return clock_ms > last ? clock_ms : last;
  }

 private:
  std::atomic<std::int64_t> last_ms_;
};

}  // namespace msync
