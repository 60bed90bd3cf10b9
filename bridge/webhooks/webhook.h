// A webhook as an operator asks for it: one [[webhook]] of the file that --webhooks names. docs/webhooks.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"

namespace msync {

/// How long a change rests before replicas that have not said `seen` count as away, ms: clients say it once a minute at
/// most, and their word may be late.
inline constexpr std::int64_t webhook_offline_wait_ms = 90'000;

/// POSTs of one webhook under way at a time: enough that one slow answer holds up few scopes, few enough for a small
/// receiver. Each may hold a body of limits::webhook_body_bytes.
inline constexpr std::size_t webhook_connections = 4;
inline constexpr std::size_t webhook_connections_max = 16;

/// Replicas that one notification names. More of one scope are no list of phones to wake but a broadcast.
inline constexpr std::size_t webhook_replicas = 1000;

struct WebhookConfig {
  std::string name;                                // what its cursor in the store is called
  std::string url;                                 // http:// or https://
  std::string ca_file;                             // empty: whom the system believes
  std::vector<std::string> collections;            // empty: all
  std::vector<std::string> keys;                   // HMAC keys; each gives a signature
  bool offline_only = false;                       // who is behind, instead of what changed
  bool from_start = false;                         // begins with what is in the store already
  std::int64_t wait_ms = webhook_offline_wait_ms;  // offline_only: how long a change rests
  std::int64_t timeout_ms = limits::webhook_timeout_ms;
  std::size_t connections = webhook_connections;

  bool wants(std::string_view collection) const {
    return collections.empty() ||
           std::find(collections.begin(), collections.end(), collection) != collections.end();
  }
  bool operator==(const WebhookConfig&) const = default;
};

}  // namespace msync
