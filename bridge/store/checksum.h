// A row's checksum: what tells that a bit of it has flipped, which SQLite alone does not notice.
//
// Pure; any thread. What it makes is in stores: it never changes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace msync {

/// CRC-32 over numbers, each as eight bytes, the lowest first, and then texts.
std::uint32_t crc32_of(std::span<const std::uint64_t> numbers, std::span<const std::string_view> texts);

/// Of a row's numbers and texts; the texts' lengths are among the numbers, so that no byte can move from one column to its
/// neighbour unnoticed.
template <std::size_t N, std::size_t T>
std::uint32_t row_checksum(const std::array<std::uint64_t, N>& numbers,
                           const std::array<std::string_view, T>& texts) {
  std::array<std::uint64_t, N + T> all;
  std::copy(numbers.begin(), numbers.end(), all.begin());
  std::transform(texts.begin(), texts.end(), all.begin() + N,
                 [](std::string_view text) { return text.size(); });
  return crc32_of(all, texts);
}

}  // namespace msync
