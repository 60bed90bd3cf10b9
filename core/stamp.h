// The stamp: how the plugin tells the bridge who published a message and when.
//
// The plugin appends four user properties to every message on T/in, T/pull, T/seen and the probe topic; the
// bridge believes a message only if it carries exactly one of each and the right MAC, because a will can carry
// forged ones past the plugin. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace msync {

inline constexpr std::string_view stamp_prefix = "sync-";
inline constexpr std::string_view stamp_user = "sync-user";
inline constexpr std::string_view stamp_client = "sync-client";
inline constexpr std::string_view stamp_at = "sync-at";
inline constexpr std::string_view stamp_mac = "sync-mac";

struct Stamp {
  std::string user;
  std::string client;
  std::int64_t at_ms = 0;  // when the broker received the message, Unix time
};

/// The stamp key of an installation with an HS256 secret: HKDF-SHA-256, no salt, info "sync-stamp", 32 bytes.
std::string derive_stamp_key(std::string_view secret);

/// The value of sync-mac: the first 16 bytes of HMAC-SHA-256 as 32 lower-case hex digits, over user, client, at
/// (decimal), topic and payload, each preceded by its length as 4 bytes big-endian.
std::string stamp_mac_of(std::string_view key, const Stamp& stamp, std::string_view topic,
                         std::string_view payload);

/// The stamp that these user properties carry. Code::denied with the reason otherwise.
Result<Stamp> verify_stamp(std::string_view key,
                           std::span<const std::pair<std::string, std::string>> properties,
                           std::string_view topic, std::string_view payload);

}  // namespace msync
