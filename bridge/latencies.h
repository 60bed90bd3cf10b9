// How long things took: counts in buckets a fifth apart, from which percentiles of any span of time are read.
//
// Beside the histograms for Prometheus, whose buckets are too coarse for a chart of percentiles. Thread-safe; adding is one
// atomic increment.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace msync {

class Latencies {
 public:
  /// Four buckets from one power of two of microseconds to the next, the last for everything from 2 minutes on.
  static constexpr std::size_t size = 104;
  using Counts = std::array<std::uint64_t, size>;

  void add(std::int64_t us) { ++counts_[bucket(us)]; }

  Counts counts() const {
    Counts now = {};
    for (std::size_t i = 0; i < size; ++i) now[i] = counts_[i];
    return now;
  }

  static constexpr std::size_t bucket(std::int64_t us) {
    if (us < 4) return us < 0 ? 0 : static_cast<std::size_t>(us);
    const auto value = static_cast<std::uint64_t>(us);
    const auto octave = static_cast<std::size_t>(std::bit_width(value)) - 1;
    const std::size_t index = (octave - 1) * 4 + (value >> (octave - 2) & 3);
    return index < size ? index : size - 1;
  }

  /// The first microsecond past a bucket.
  static constexpr std::int64_t end_us(std::size_t bucket) {
    if (bucket < 4) return static_cast<std::int64_t>(bucket) + 1;
    const std::size_t octave = bucket / 4 + 1;
    return static_cast<std::int64_t>(5 + bucket % 4) << (octave - 2);
  }

  /// Below which time `part` (0…1) of those lie that came between two counts, in us; -1 if none came.
  static std::int64_t percentile_us(const Counts& before, const Counts& after, double part) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < size; ++i) all += after[i] - before[i];
    if (all == 0) return -1;
    const double wanted = part * static_cast<double>(all);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < size; ++i) {
      below += after[i] - before[i];
      if (static_cast<double>(below) >= wanted && below > 0) return end_us(i);
    }
    return end_us(size - 1);
  }

 private:
  std::array<std::atomic<std::uint64_t>, size> counts_ = {};
};

}  // namespace msync
