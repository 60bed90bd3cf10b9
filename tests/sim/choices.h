// Where a simulation's randomness comes from: one seed, or the bytes that a fuzzer gives.
//
// The same choices give the same run, on every machine: no distribution of the standard library is used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msync::sim {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}

  /// Bytes of a fuzzer; zeros when they are used up.
  Choices(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), left_(size) {}

  /// 0 to n-1; 0 for n = 0.
  std::uint64_t below(std::uint64_t n) { return n < 2 ? 0 : next(n) % n; }
  int below(int n) { return static_cast<int>(below(static_cast<std::uint64_t>(n))); }
  bool chance(int percent) { return percent > 0 && below(100) < percent; }

  bool used_up() const { return bytes_ != nullptr && left_ == 0; }

 private:
  std::uint64_t next(std::uint64_t n) { return bytes_ != nullptr ? from_bytes(n) : from_seed(); }

  /// SplitMix64.
  std::uint64_t from_seed() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// As few bytes as n needs, so that a mutated byte changes one choice.
  std::uint64_t from_bytes(std::uint64_t n) {
    std::uint64_t value = 0;
    for (std::uint64_t room = 1; room < n && left_ > 0; room *= 256, --left_) value = value * 256 + *bytes_++;
    return value;
  }

  std::uint64_t state_ = 0;
  const std::uint8_t* bytes_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace msync::sim
