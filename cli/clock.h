// The time, for commands.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace msync {

/// Unix time.
inline std::int64_t unix_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// 2026-11-21T08:00:51.906Z; the bare number where it is no time of a year of four digits.
inline std::string utc_text(std::int64_t ms) {
  constexpr std::int64_t year_10000_ms = 253'402'300'800'000;
  if (ms < 0 || ms >= year_10000_ms) return std::to_string(ms);
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(ms % 1000));
  return text;
}

/// A clock that never goes back, for waiting.
inline std::int64_t steady_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace msync
