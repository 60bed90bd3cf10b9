// What a session may do in the scopes it touched last.
//
// Judging a grant can mean looking through a claim of a thousand rooms; a delivery must not. The memo maps a
// scope's number (see Topics) to its rights: direct-mapped, so a look-up is one load, and a collision only
// costs judging again. It grows while it is too small, up to a bound. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/limits.h"

namespace msync {

class RightsMemo {
 public:
  /// The rights remembered for this scope. `generation` is that of the numbers: an older memo is empty.
  std::optional<std::uint8_t> find(std::uint32_t scope, std::uint32_t generation) const {
    if (generation != generation_ || slots_.empty()) return std::nullopt;
    const std::uint32_t slot = slots_[scope & (slots_.size() - 1)];
    if (slot >> 2 != scope) return std::nullopt;
    return static_cast<std::uint8_t>(slot & 3);
  }

  void keep(std::uint32_t scope, std::uint32_t generation, std::uint8_t rights) {
    if (generation != generation_) clear();
    generation_ = generation;
    if (slots_.empty()) slots_.assign(8, 0);
    std::uint32_t* slot = &slots_[scope & (slots_.size() - 1)];
    if (*slot != 0 && *slot >> 2 != scope && slots_.size() < limits::remembered_rights) {
      grow();
      slot = &slots_[scope & (slots_.size() - 1)];
    }
    *slot = scope << 2 | rights;
  }

  /// Calls `each` with every scope that is remembered and its rights.
  template <class Each>
  void each(std::uint32_t generation, Each each) const {
    if (generation != generation_) return;
    for (const std::uint32_t slot : slots_) {
      if (slot != 0) each(slot >> 2, static_cast<std::uint8_t>(slot & 3));
    }
  }

  void clear() { slots_.clear(); }

 private:
  void grow() {
    std::vector<std::uint32_t> larger(slots_.size() * 2, 0);
    for (const std::uint32_t slot : slots_) {
      if (slot != 0) larger[(slot >> 2) & (larger.size() - 1)] = slot;
    }
    slots_ = std::move(larger);
  }

  std::vector<std::uint32_t> slots_;  // scope << 2 | rights; 0 is empty
  std::uint32_t generation_ = 0;
};

}  // namespace msync
