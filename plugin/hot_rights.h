// The rights of all sessions in the scopes that are talked in: what most deliveries are judged by.
//
// One publish is judged for all its readers in a row, so the rights in its scope lie together, half a byte a session: a
// thousand readers cost a few lines of the processor's cache, where a memo of each reader's own (RightsMemo) costs each
// one a line that nobody has touched lately. Sessions have numbers; a number is never given twice in a generation, so
// that what is remembered of it cannot become another's: when the numbers run out, everything is forgotten. Bounded
// by limits::hot_rights_bytes. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/limits.h"

namespace msync {

class HotRights {
 public:
  /// Raised when all numbers given so far lose their meaning. Begins with 1.
  std::uint32_t generation() const { return generation_; }

  /// A number that nobody has in this generation, which it may raise. `sessions` there are at present.
  std::uint32_t new_number(std::size_t sessions);

  /// What is remembered of this session in this scope. `scope` is never used again for another one.
  std::optional<std::uint8_t> find(std::uint64_t scope, std::uint32_t number) const {
    const Row& row = rows_[scope & (rows_.size() - 1)];
    if (row.scope != scope) return std::nullopt;
    const std::uint8_t half = row.rights[number / 2] >> (number % 2 * 4) & 0xf;
    if (half == 0) return std::nullopt;
    return static_cast<std::uint8_t>(half & 3);
  }

  void keep(std::uint64_t scope, std::uint32_t number, std::uint8_t rights);

 private:
  struct Row {
    std::uint64_t scope = ~std::uint64_t{0};  // none
    std::vector<std::uint8_t> rights;         // two sessions a byte: 4 | rights; 0: unknown
  };

  void start_over(std::size_t sessions);

  std::vector<Row> rows_ = std::vector<Row>(limits::hot_scopes);  // a power of two
  std::size_t numbers_ = 1024;                                    // of a generation
  std::uint32_t next_ = 0;
  std::uint32_t generation_ = 1;
};

}  // namespace msync
