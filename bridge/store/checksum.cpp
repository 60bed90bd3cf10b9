#include "bridge/store/checksum.h"

#include <zlib.h>

namespace msync {

std::uint32_t crc32_of(std::span<const std::uint64_t> numbers, std::span<const std::string_view> texts) {
  uLong sum = 0;
  std::array<unsigned char, 256> bytes;
  while (!numbers.empty()) {
    const std::size_t count = std::min(numbers.size(), bytes.size() / 8);
    for (std::size_t i = 0; i < count * 8; ++i)
      bytes[i] = static_cast<unsigned char>(numbers[i / 8] >> (i % 8 * 8));
    sum = crc32_z(sum, bytes.data(), count * 8);
    numbers = numbers.subspan(count);
  }
  for (const auto text : texts)
    if (!text.empty()) sum = crc32_z(sum, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return static_cast<std::uint32_t>(sum);
}

}  // namespace msync
