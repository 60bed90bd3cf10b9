// Pages, made smaller for who can read it: zlib (RFC 1950) or zstd (RFC 8878), told apart by their first bytes, which
// no JSON text and no CBOR map begins with.
//
// Pure; any thread. Throws std::runtime_error only if the libraries cannot get memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace msync {

enum class Compression : std::uint8_t { none, zlib, zstd };

/// What a payload's first bytes say: zstd's magic number 28 B5 2F FD, or zlib's 78.
Compression compression_of(std::string_view payload);

/// The bytes compressed; or as they are if there are fewer than limits::compress_bytes, or that would not make them
/// smaller.
std::string compress(std::string bytes, Compression how);

/// What was compressed; other bytes as they are. Code::malformed if they are broken, end too early, have something
/// behind them, or would unpack to more than limits::unpacked_page_bytes.
Result<std::string> unpack(std::string_view payload);

}  // namespace msync
