// HMAC-SHA-256 (RFC 2104), over pieces so that nobody copies a payload to sign it. Pure; any thread. Throws
// std::runtime_error only if OpenSSL itself is broken.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace msync {

/// 32 bytes: the MAC of all pieces one after the other.
std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> pieces);

/// Compares without telling by its duration where two texts differ. Their lengths are no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace msync
