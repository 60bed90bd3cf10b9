// The plugin's options: the `plugin_opt_…` lines of mosquitto.conf. docs/access.md describes each.
//
// Parsing reports every mistake it finds. Pure; nothing is read from disk here (see Rules).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/collection.h"
#include "core/limits.h"

namespace msync {

struct Options {
  std::string schemas;          // folder
  std::string jwt_secret_file;  // HS256; or
  std::string jwt_jwks_file;    // a set of keys
  std::string stamp_key_file;   // empty: derived from the secret
  std::string revoked_file;     // empty: revocations are forgotten when the broker ends
  std::string jwt_issuer;       // empty: any
  std::string jwt_audience;     // empty: any
  std::string user_claim = "sub";
  std::string bridge_user = "mosquitto-sync";
  std::int64_t max_token_ttl_s = limits::max_token_ttl_s;
  std::int64_t leeway_s = limits::leeway_s;
  std::uint32_t max_connections_per_user = limits::max_connections_per_user;
  std::uint32_t max_messages_per_s = limits::max_messages_per_s;
  std::uint32_t max_bytes_per_s = limits::max_bytes_per_s;
  std::size_t max_payload_bytes = limits::max_payload_bytes;
  std::uint32_t max_subscriptions_per_client = limits::max_subscriptions_per_client;
  std::uint32_t max_sessions_per_user = limits::max_sessions_per_user;
  std::uint32_t free_login_failures = limits::free_login_failures;  // 0: failures never cost anything

  struct Parsed;

  /// The options as the broker gives them: names without `plugin_opt_`. If there is any problem they must not
  /// be used. A problem's file is "mosquitto.conf", its place the line's first word.
  static Parsed parse(const std::vector<std::pair<std::string, std::string>>& lines);
};

struct Options::Parsed {
  Options options;
  std::vector<Problem> problems;
};

}  // namespace msync
