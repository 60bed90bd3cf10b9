// What the user of a client does: random writes that a checker can tell apart.
//
// Each put and patch carries a text that nobody else writes. Counters live in entities of their own ("c0", "c1"), which
// are only ever incremented, so that their sum is known. One thread.
#pragma once

#include <random>
#include <string>

#include "tests/chaos/client/replica.h"

namespace msync::chaos {

class Writer {
 public:
  Writer(std::string name, std::uint64_t seed) : name_(std::move(name)), dice_(seed) {}

  /// One mutation on what this replica holds; `now_ms` by the client's clock.
  Json mutation(const Replica& replica, std::int64_t now_ms);

  std::mt19937_64& dice() { return dice_; }
  /// 0 … count-1
  std::uint64_t pick(std::uint64_t count) { return dice_() % count; }
  bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }

 private:
  Json operation(const Replica& replica, std::int64_t now_ms);
  Json increment(const Replica& replica, std::int64_t now_ms);
  Json about(const Replica& replica, const std::string& id, std::int64_t now_ms);
  std::string text();

  std::string name_;
  std::mt19937_64 dice_;
  std::int64_t last_ts_ = 0;
};

/// A name for a write that no other has.
std::string random_uid(std::mt19937_64& dice);

}  // namespace msync::chaos
