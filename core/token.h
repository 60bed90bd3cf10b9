// JSON Web Tokens (RFC 7519): verifying what a client brings, making what the bridge and `token` need.
//
// Each key is pinned to its algorithm and the header's `alg` is compared with it, never followed; only HS256 tokens
// are made. Pure (OpenSSL computes, nothing is read): the caller gives the time. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/access.h"
#include "core/jwks.h"

namespace msync {

/// What a token must satisfy besides its signature.
struct TokenPolicy {
  std::string secret;                  // HS256 key, at least limits::min_secret_bytes; or
  std::shared_ptr<const KeySet> keys;  // where it is set, the secret is not looked at
  std::string user_claim = "sub";
  std::string bridge_user = "mosquitto-sync";
  std::string issuer;    // empty: `iss` is not looked at
  std::string audience;  // empty: `aud` is not looked at
  std::int64_t leeway_s = limits::leeway_s;
  std::int64_t max_ttl_s = limits::max_token_ttl_s;  // exp may be at most this far ahead
};

/// The identity of a token, or Code::token with a reason that is safe to log (never a part of the token).
/// Refused: any `alg` but the key's, `crit`, padding or white space in base64url, duplicate members, `exp` missing
/// or no number or past by more than the leeway or more than max_ttl_s ahead, or after `iat`, `nbf` or `iat` ahead by more than
/// the leeway, wrong `iss` or `aud`, a user claim that is no valid level, `roles` that is no list of strings.
/// The role `bridge` counts only for the configured bridge user. `signed_by_us`, if given, says whether at least the
/// signature was right.
Result<Identity> verify_token(std::string_view token, const TokenPolicy& policy, std::int64_t now_s,
                              bool* signed_by_us = nullptr);

/// A signed HS256 token with these claims. The caller sets `exp`.
std::string make_token(const Json& claims, std::string_view secret);

/// The key in a secret file: its bytes without one trailing newline (\n or \r\n). Code::bad_config if shorter
/// than limits::min_secret_bytes.
Result<std::string> parse_secret(std::string_view file_bytes);

}  // namespace msync
