#include "plugin/hot_rights.h"

#include <algorithm>
#include <bit>

namespace msync {

std::uint32_t HotRights::new_number(std::size_t sessions) {
  if (next_ == numbers_) start_over(sessions);
  return next_++;
}

void HotRights::start_over(std::size_t sessions) {
  // So many that at least as many changes as there are sessions pass until the next time.
  while (numbers_ < sessions * 2) numbers_ *= 2;
  const std::size_t rows =
      std::clamp<std::size_t>(limits::hot_rights_bytes / (numbers_ / 2), 1, limits::hot_scopes);
  rows_.assign(std::bit_floor(rows), {});
  next_ = 0;
  ++generation_;
}

void HotRights::keep(std::uint64_t scope, std::uint32_t number, std::uint8_t rights) {
  Row& row = rows_[scope & (rows_.size() - 1)];
  if (row.scope != scope) {
    row.scope = scope;
    row.rights.assign(numbers_ / 2, 0);
  }
  std::uint8_t& both = row.rights[number / 2];
  const auto shift = static_cast<int>(number % 2 * 4);
  both = static_cast<std::uint8_t>((both & ~(0xf << shift)) | (4 | rights) << shift);
}

}  // namespace msync
