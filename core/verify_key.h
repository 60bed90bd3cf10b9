// One key that verifies signatures, pinned to one algorithm (RFC 7518 §3, RFC 8037).
//
// The algorithm is the key's, fixed when it is made: nothing in a token can choose another. OpenSSL computes.
// Immutable; copies share the key; any number of threads. Throws std::runtime_error only if OpenSSL itself is
// broken, and leaves nothing in its queue of errors, which Mosquitto's TLS would take for its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace msync {

enum class Algorithm : std::uint8_t { hs256, rs256, ps256, es256, eddsa };

/// As `alg` spells it, such as "RS256".
const char* to_string(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view name);

class VerifyKey {
 public:
  // Each is Code::bad_config with the reason for bytes that are no such key, or one too weak. Numbers are
  // big-endian.

  /// At least limits::min_secret_bytes.
  static Result<VerifyKey> of_secret(std::string secret);

  /// `algorithm` rs256 or ps256; the modulus limits::min_rsa_bits to limits::max_rsa_bits, the exponent odd
  /// and more than 1.
  static Result<VerifyKey> of_rsa(Algorithm algorithm, std::string_view modulus, std::string_view exponent);

  /// es256: a point of P-256, 32 bytes each.
  static Result<VerifyKey> of_p256(std::string_view x, std::string_view y);

  /// eddsa: the 32 bytes of an Ed25519 key.
  static Result<VerifyKey> of_ed25519(std::string_view x);

  Algorithm algorithm() const { return algorithm_; }

  /// True if `signature` is this key's for `text`, in JOSE's form: for ES256 exactly 64 bytes r||s, for RSA
  /// exactly as long as the modulus, for PS256 a salt as long as the digest.
  bool verifies(std::string_view text, std::string_view signature) const;

 private:
  VerifyKey(Algorithm algorithm, std::string secret, std::shared_ptr<evp_pkey_st> key)
      : algorithm_(algorithm), secret_(std::move(secret)), key_(std::move(key)) {}

  Algorithm algorithm_;
  std::string secret_;                // HS256
  std::shared_ptr<evp_pkey_st> key_;  // the others
};

}  // namespace msync
