// A token bucket: so many events (or bytes) a second, with a burst. Pure; the caller gives the time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace msync {

class Bucket {
 public:
  /// Full at first. `burst` events may come at once, `per_s` (at least 1) in the long run.
  Bucket(std::uint32_t per_s, std::uint64_t burst)
      : per_s_(std::max<std::uint32_t>(per_s, 1)),
        capacity_(static_cast<std::int64_t>(burst) * 1000),
        level_(capacity_) {}

  /// Takes so many events' worth, or returns false and takes nothing. A clock that goes back only stops the
  /// refill.
  bool take(std::int64_t now_ms, std::uint64_t events = 1) {
    const std::int64_t wanted = static_cast<std::int64_t>(events) * 1000;
    constexpr std::int64_t longest_ms = 86'400'000;  // so that nothing overflows
    const std::int64_t elapsed_ms = std::clamp<std::int64_t>(now_ms - last_ms_, 0, longest_ms);
    last_ms_ = now_ms;
    level_ = std::min(capacity_, level_ + elapsed_ms * per_s_);
    wanted_ = wanted;
    if (level_ < wanted) return false;
    level_ -= wanted;
    return true;
  }

  /// After a refused take(): when the same one will do.
  std::int64_t retry_after_ms() const {
    return std::max<std::int64_t>(1, (wanted_ - level_ + per_s_ - 1) / per_s_);
  }

 private:
  std::int64_t per_s_;
  std::int64_t capacity_;  // in thousandths of an event
  std::int64_t level_;
  std::int64_t last_ms_ = 0;
  std::int64_t wanted_ = 1000;  // by the last take()
};

}  // namespace msync
