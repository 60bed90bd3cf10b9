// How a delivery is signed: the Standard Webhooks specification, so that existing libraries verify it.
//
// HMAC-SHA-256 over `id.timestamp.body`, as `v1,<base64>`, one for each key. Pure; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace msync {

/// The HMAC key in a secret file: `whsec_` and base64 of 24 to 64 bytes, as that specification writes it; else the file's
/// bytes as everywhere (core/token.h, parse_secret). Code::bad_config otherwise; quotes nothing of it.
Result<std::string> parse_webhook_key(std::string_view file_bytes);

/// `v1,<base64>` for each key, parted by spaces.
std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id,
                              std::int64_t timestamp_s, std::string_view body);

/// Webhook-Id, Webhook-Timestamp, Webhook-Signature and the content type, as lines.
std::vector<std::string> webhook_headers(const std::vector<std::string>& keys, std::string_view id,
                                         std::int64_t timestamp_s, std::string_view body);

/// The name of a delivery: the same for the same pieces, which say what it tells.
std::string webhook_id(std::initializer_list<std::string_view> pieces);

}  // namespace msync
