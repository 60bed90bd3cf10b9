// Text from outside, made fit for one line of a log.
#pragma once

#include <string>
#include <string_view>

namespace msync {

/// `text` cut to 256 bytes, with control characters (C0, DEL, C1), line and paragraph separators, `"` and `\`
/// written as \xNN: no client can begin a new line or move a terminal's cursor. Bytes that are no UTF-8 are
/// written likewise. Any thread.
std::string printable(std::string_view text);

}  // namespace msync
