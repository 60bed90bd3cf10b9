#include "plugin/text.h"

#include <cstdint>

namespace msync {
namespace {

constexpr std::size_t max_printed_bytes = 256;

// How many bytes the UTF-8 sequence at the front of `text` has if it may stand in a log as it is; 0
// otherwise.
std::size_t harmless(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F && first != '"' && first != '\\' ? 1 : 0;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xC2 && byte(1) < 0xA0) return 0;                                           // C1
  if (first == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 0;  // U+2028, U+2029
  return size;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  const bool cut = text.size() > max_printed_bytes;
  text = text.substr(0, max_printed_bytes);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = harmless(text);
    if (size > 0) {
      out.append(text.substr(0, size));
    } else {
      const auto byte = static_cast<std::uint8_t>(text[0]);
      out.append({'\\', 'x', hex[byte >> 4], hex[byte & 15]});
    }
    text.remove_prefix(size > 0 ? size : 1);
  }
  if (cut) out += "...";
  return out;
}

}  // namespace msync
