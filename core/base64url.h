// base64url without padding (RFC 4648 §5, as RFC 7515 uses it). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msync {

std::string base64url_encode(std::string_view bytes);

/// Nothing unless `text` is exactly what base64url_encode makes of some bytes: no padding, no white space, no
/// `+` or `/`, unused bits zero. So there is one text per value, and no second token with the same signature.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace msync
