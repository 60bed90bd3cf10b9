// A webhook as an operator asks for it: one [[webhook]] of the file that --webhooks names. docs/webhooks.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"

namespace msync {

struct WebhookConfig {
  std::string name;                                        // what its cursor in the store is called
  std::string url;                                         // http:// or https://
  std::string ca_file;                                     // empty: whom the system believes
  std::vector<std::string> collections;                    // empty: all
  std::vector<std::string> keys;                           // HMAC keys; each gives a signature
  bool offline_only = false;                               // who is behind, instead of what changed
  bool from_start = false;                                 // begins with what is in the store already
  std::int64_t wait_ms = limits::webhook_offline_wait_ms;  // offline_only: how long a change rests
  std::int64_t timeout_ms = limits::webhook_timeout_ms;
  std::size_t connections = limits::webhook_connections;

  bool wants(std::string_view collection) const {
    return collections.empty() ||
           std::find(collections.begin(), collections.end(), collection) != collections.end();
  }
  bool operator==(const WebhookConfig&) const = default;
};

}  // namespace msync
