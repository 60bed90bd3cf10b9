// Bytes from outside to JSON values and back.
//
// Strict on purpose: what two parsers could read differently is refused (duplicate keys, NaN, bytes behind the
// value, invalid UTF-8, lone surrogates), and depth is bounded before anything recurses. Pure; any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "core/result.h"

namespace msync {

/// Members are kept sorted by key, so that compact text of equal documents is equal.
using Json = nlohmann::json;

/// Where a payload's format shows: in its first byte.
enum class Format { json, cbor };

/// One JSON text (UTF-8, RFC 8259), white space around it allowed. Code::malformed otherwise; the message
/// says what and at which byte, and quotes nothing of the input. `fault_byte`, if given, is that byte's number,
/// from 1 (the last that was read; 0 where there was none).
Result<Json> parse_json(std::string_view bytes, std::size_t max_depth = limits::max_depth,
                        std::size_t* fault_byte = nullptr);

/// One CBOR item (RFC 8949) that has a JSON equivalent: text keys, valid UTF-8, no byte strings, no tags, no
/// NaN or infinity. A float of integral value within ±(2^53-1) is that integer: JavaScript's encoders do not
/// tell them apart.
Result<Json> parse_cbor(std::string_view bytes, std::size_t max_depth = limits::max_depth);

/// A protocol message in either format. A message is an object, so a first byte of 0xA0…0xBF says CBOR.
Result<Json> parse_payload(std::string_view bytes);
Format format_of(std::string_view bytes);

/// Compact text, members sorted. The bytes of a document for `max_bytes`, for storage and for messages.
std::string to_text(const Json& value);

std::string to_cbor(const Json& value);

/// True for well-formed UTF-8 without surrogates.
bool valid_utf8(std::string_view bytes);

/// `"` + text with JSON escapes + `"`: to build messages around documents that are already text.
std::string json_quoted(std::string_view text);

/// One reference token of a JSON Pointer (RFC 6901) escaped: `~` to `~0`, `/` to `~1`.
std::string pointer_escape(std::string_view token);

}  // namespace msync
