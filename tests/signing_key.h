// A key pair of an issuer in a test: its public half as a JWK, and tokens signed by it.
//
// Whatever the header says is signed, so that tests can forge. One thread.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/base64url.h"
#include "core/hmac.h"
#include "core/json.h"
#include "core/verify_key.h"

namespace msync {

class SigningKey {
 public:
  /// A new key. `strength`: bits of RSA, bytes of a secret.
  SigningKey(Algorithm algorithm, std::string kid, std::size_t strength = 0)
      : algorithm_(algorithm), kid_(std::move(kid)) {
    switch (algorithm) {
      case Algorithm::hs256:
        secret_ = std::string(strength ? strength : 32, 's');
        break;
      case Algorithm::rs256:
      case Algorithm::ps256:
        key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", strength ? strength : std::size_t{2048}),
                   EVP_PKEY_free);
        break;
      case Algorithm::es256:
        key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
        break;
      case Algorithm::eddsa:
        key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
        break;
    }
    if (!key_ && algorithm != Algorithm::hs256) throw std::runtime_error("OpenSSL makes no key");
  }

  Algorithm algorithm() const { return algorithm_; }
  const std::string& secret() const { return secret_; }
  EVP_PKEY* key() const { return key_.get(); }

  /// Its public half, with `alg`, `kid` and `use`.
  Json jwk() const {
    Json one = {{"alg", to_string(algorithm_)}, {"kid", kid_}, {"use", "sig"}};
    switch (algorithm_) {
      case Algorithm::hs256:
        one.update({{"kty", "oct"}, {"k", base64url_encode(secret_)}});
        break;
      case Algorithm::rs256:
      case Algorithm::ps256:
        one.update(
            {{"kty", "RSA"}, {"n", number(OSSL_PKEY_PARAM_RSA_N)}, {"e", number(OSSL_PKEY_PARAM_RSA_E)}});
        break;
      case Algorithm::es256:
        one.update({{"kty", "EC"},
                    {"crv", "P-256"},
                    {"x", number(OSSL_PKEY_PARAM_EC_PUB_X, 32)},
                    {"y", number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)}});
        break;
      case Algorithm::eddsa: {
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
        one.update({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(raw)}});
        break;
      }
    }
    return one;
  }

  /// As JOSE has it: r||s for ES256.
  std::string signature(std::string_view text) const {
    if (algorithm_ == Algorithm::hs256) return hmac_sha256(secret_, {text});
    const std::string der = openssl_signature(text);
    if (algorithm_ != Algorithm::es256) return der;
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> parts(
        d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), ECDSA_SIG_free);
    return padded(ECDSA_SIG_get0_r(parts.get()), 32) + padded(ECDSA_SIG_get0_s(parts.get()), 32);
  }

  /// As OpenSSL makes it: DER for ES256. `salt_bytes` is of PS256; -1: as long as the digest.
  std::string openssl_signature(std::string_view text, int salt_bytes = RSA_PSS_SALTLEN_DIGEST) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* key_context = nullptr;
    const EVP_MD* digest = algorithm_ == Algorithm::eddsa ? nullptr : EVP_sha256();
    EVP_DigestSignInit(context.get(), &key_context, digest, nullptr, key_.get());
    if (algorithm_ == Algorithm::ps256) {
      EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, salt_bytes);
    }
    std::string out(1024, '\0');
    std::size_t size = out.size();
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
      throw std::runtime_error("OpenSSL does not sign");
    out.resize(size);
    return out;
  }

  /// header.payload
  static std::string text(const Json& header, std::string_view payload) {
    return base64url_encode(header.dump()) + "." + base64url_encode(payload);
  }
  Json header() const { return {{"alg", to_string(algorithm_)}, {"kid", kid_}, {"typ", "JWT"}}; }

  std::string sign(const Json& header, std::string_view payload) const {
    const std::string signed_text = text(header, payload);
    return signed_text + "." + base64url_encode(signature(signed_text));
  }
  std::string sign(std::string_view payload) const { return sign(header(), payload); }
  std::string token(const Json& claims) const { return sign(claims.dump()); }

 private:
  static std::string padded(const BIGNUM* number, int bytes) {
    std::string out(static_cast<std::size_t>(bytes ? bytes : BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
    return out;
  }
  std::string number(const char* parameter, int bytes = 0) const {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), parameter, &raw);
    const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(raw, BN_free);
    return base64url_encode(padded(number.get(), bytes));
  }

  Algorithm algorithm_;
  std::string kid_;
  std::string secret_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// A JWKS of these keys.
inline std::string jwks(std::initializer_list<Json> keys) {
  return Json({{"keys", Json(std::vector<Json>(keys))}}).dump();
}

}  // namespace msync
