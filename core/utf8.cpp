#include "core/utf8.h"

#include <algorithm>

#include "core/json.h"

namespace msync {
namespace {

struct Lead {
  std::size_t bytes;
  std::uint8_t mask;
  char32_t least;  // below it the form is overlong
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {1, 0x7f, 0};
  if ((byte & 0xe0) == 0xc0) return {2, 0x1f, 0x80};
  if ((byte & 0xf0) == 0xe0) return {3, 0x0f, 0x800};
  if ((byte & 0xf8) == 0xf0) return {4, 0x07, 0x10000};
  return {0, 0, 0};
}

}  // namespace

CodePoint decode_utf8(std::string_view bytes) {
  if (bytes.empty()) return {};
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const Lead lead = lead_of(first);
  if (lead.bytes == 0 || bytes.size() < lead.bytes) return {};
  char32_t value = first & lead.mask;
  for (std::size_t i = 1; i < lead.bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if ((byte & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte & 0x3f);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < lead.least || value > 0x10ffff || surrogate) return {};
  return {value, lead.bytes};
}

bool valid_utf8(std::string_view bytes) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  while (true) {
    bytes.remove_prefix(
        static_cast<std::size_t>(std::find_if_not(bytes.begin(), bytes.end(), plain) - bytes.begin()));
    if (bytes.empty()) return true;
    const std::size_t length = decode_utf8(bytes).bytes;
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
}

}  // namespace msync
