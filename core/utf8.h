// UTF-8, judged byte by byte (RFC 3629). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msync {

/// One code point and its length in bytes; length 0 for anything that is not well-formed (overlong forms,
/// surrogates, beyond U+10FFFF, a cut sequence).
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

CodePoint decode_utf8(std::string_view bytes);

}  // namespace msync
