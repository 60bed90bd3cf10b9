// `format` of JSON Schema, judged by hand: one pass over the text, no regular expression. Pure; any thread.
#pragma once

#include <string_view>

namespace msync {

using FormatCheck = bool (*)(std::string_view text);

/// date-time, date, time (RFC 3339), email, uri (absolute, RFC 3986), uuid, ipv4, ipv6; nullptr for every
/// other name: draft 7 tells validators to ignore formats they do not know.
FormatCheck format_check(std::string_view name);

}  // namespace msync
