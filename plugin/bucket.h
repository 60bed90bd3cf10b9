// A token bucket: so many events a second, with a burst. Pure; the caller gives the time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace msync {

class Bucket {
 public:
  /// Full at first. `burst` events may come at once, `per_s` (at least 1) in the long run.
  Bucket(std::uint32_t per_s, std::uint32_t burst)
      : per_s_(std::max<std::uint32_t>(per_s, 1)), capacity_(std::int64_t{burst} * 1000), level_(capacity_) {}

  /// Takes one event's worth, or returns false and takes nothing. A clock that goes back only stops the
  /// refill.
  bool take(std::int64_t now_ms) {
    const std::int64_t elapsed_ms = std::clamp<std::int64_t>(now_ms - last_ms_, 0, capacity_);
    last_ms_ = now_ms;
    level_ = std::min(capacity_, level_ + elapsed_ms * per_s_);
    if (level_ < 1000) return false;
    level_ -= 1000;
    return true;
  }

  /// After a refused take(): when the next one will do.
  std::int64_t retry_after_ms() const {
    return std::max<std::int64_t>(1, (1000 - level_ + per_s_ - 1) / per_s_);
  }

 private:
  std::int64_t per_s_;
  std::int64_t capacity_;  // in thousandths of an event
  std::int64_t level_;
  std::int64_t last_ms_ = 0;
};

}  // namespace msync
