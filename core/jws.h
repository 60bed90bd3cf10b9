// The signature layer of a token: JSON Web Signature (RFC 7515), compact serialization.
//
// With one secret the MAC is checked before anything is parsed. With a set of keys the header must be parsed first,
// because it names the key: it alone, it is short, and what it says can choose among our keys, but neither the
// algorithm of one nor a key of its own. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/jwks.h"

namespace msync {

/// The bytes that were signed, of whatever format. Code::token with a reason that is safe to log, if: the
/// text is over limits::max_token_bytes or not three strict base64url parts; the MAC does not fit; the header
/// is no JSON object, or its `alg` is not exactly "HS256"; the header has `crit` (nothing is understood
/// beyond RFC 7515), or brings or names a key (`jwk`, `jku`, `x5u`, `x5c`). `kid` and `typ` are not looked
/// at.
Result<std::string> verify_jws_hs256(std::string_view compact, std::string_view key);

/// Likewise, with the key of the set that the header names (KeySet::find). Also refused: a header over
/// limits::max_token_header_bytes, a `kid` that is no text.
Result<std::string> verify_jws(std::string_view compact, const KeySet& keys);

std::string make_jws_hs256(std::string_view payload, std::string_view key);

}  // namespace msync
