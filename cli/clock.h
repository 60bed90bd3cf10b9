// The time, for commands.
#pragma once

#include <chrono>
#include <cstdint>

namespace msync {

/// Unix time.
inline std::int64_t unix_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// A clock that never goes back, for waiting.
inline std::int64_t steady_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace msync
