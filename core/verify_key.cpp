#include "core/verify_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>

#include "core/hmac.h"
#include "core/limits.h"

namespace msync {
namespace {

constexpr std::size_t kCoordinateBytes = 32;  // of P-256, and of an Ed25519 key

struct Name {
  Algorithm algorithm;
  const char* name;
};
constexpr Name kNames[] = {{Algorithm::hs256, "HS256"},
                           {Algorithm::rs256, "RS256"},
                           {Algorithm::ps256, "PS256"},
                           {Algorithm::es256, "ES256"},
                           {Algorithm::eddsa, "EdDSA"}};

template <auto release>
struct Free {
  template <class T>
  void operator()(T* thing) const {
    release(thing);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

/// A refusal is an answer here, not an error to be found by whoever asks OpenSSL next.
class NoTraceOfErrors {
 public:
  NoTraceOfErrors() { ERR_set_mark(); }
  ~NoTraceOfErrors() { ERR_pop_to_mark(); }
  NoTraceOfErrors(const NoTraceOfErrors&) = delete;
  NoTraceOfErrors& operator=(const NoTraceOfErrors&) = delete;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data() ? text.data() : "");
}

Number number_of(std::string_view big_endian) {
  Number number(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
  if (!number) throw std::runtime_error("OpenSSL cannot make a number");
  return number;
}

Error bad(std::string message) {
  return {Code::bad_config, std::move(message)};
}

/// Null if OpenSSL does not take it for a public key.
std::shared_ptr<EVP_PKEY> public_key(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1)
    throw std::runtime_error("OpenSSL cannot make a key");
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  return {key, EVP_PKEY_free};
}

/// The DER that OpenSSL wants of r||s; empty if it is none. It checks r and s itself.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const Signature signature(ECDSA_SIG_new());
  Number r = number_of(raw.substr(0, kCoordinateBytes)), s = number_of(raw.substr(kCoordinateBytes));
  if (!signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
    throw std::runtime_error("OpenSSL cannot make a signature");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  std::array<unsigned char, 2 * kCoordinateBytes + 16> buffer;
  unsigned char* end = buffer.data();
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) > buffer.size()) return {};
  if (i2d_ECDSA_SIG(signature.get(), &end) != size) return {};
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(size)};
}

bool set_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool verify_by_openssl(Algorithm algorithm, EVP_PKEY* key, std::string_view text,
                       std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the digest context's
  const EVP_MD* digest = algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
  if (!context || EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key) != 1)
    throw std::runtime_error("OpenSSL cannot verify");
  if (algorithm == Algorithm::ps256 && !set_pss(key_context))
    throw std::runtime_error("OpenSSL cannot verify RSA-PSS");
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

}  // namespace

const char* to_string(Algorithm algorithm) {
  for (const Name& one : kNames) {
    if (one.algorithm == algorithm) return one.name;
  }
  return "";
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const Name& one : kNames) {
    if (one.name == name) return one.algorithm;
  }
  return std::nullopt;
}

Result<VerifyKey> VerifyKey::of_secret(std::string secret) {
  if (secret.size() < limits::min_secret_bytes) {
    return bad("a secret of " + std::to_string(secret.size()) + " bytes is too short: at least " +
               std::to_string(limits::min_secret_bytes));
  }
  return VerifyKey(Algorithm::hs256, std::move(secret), nullptr);
}

Result<VerifyKey> VerifyKey::of_rsa(Algorithm algorithm, std::string_view modulus,
                                    std::string_view exponent) {
  const NoTraceOfErrors guard;
  if (algorithm != Algorithm::rs256 && algorithm != Algorithm::ps256)
    return bad("RSA is for RS256 and PS256");
  const Number n = number_of(modulus), e = number_of(exponent);
  const auto bits = static_cast<std::size_t>(BN_num_bits(n.get()));
  if (bits < limits::min_rsa_bits || bits > limits::max_rsa_bits) {
    return bad("an RSA key of " + std::to_string(bits) + " bits; " + std::to_string(limits::min_rsa_bits) +
               " to " + std::to_string(limits::max_rsa_bits) + " are taken");
  }
  if (!BN_is_odd(n.get())) return bad("the RSA modulus is even");
  if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 64)
    return bad("the RSA exponent must be odd, more than 1, and fit 64 bits");
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    throw std::runtime_error("OpenSSL cannot take an RSA key");
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  auto key = public_key("RSA", parameters.get());
  if (!key) return bad("no RSA key");
  return VerifyKey(algorithm, {}, std::move(key));
}

Result<VerifyKey> VerifyKey::of_p256(std::string_view x, std::string_view y) {
  const NoTraceOfErrors guard;
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes)
    return bad("x and y of P-256 have 32 bytes each");
  std::string point = "\x04";  // uncompressed
  point.append(x).append(y);
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  auto key = public_key("EC", parameters);
  if (!key) return bad("x and y are no point of P-256");
  return VerifyKey(Algorithm::es256, {}, std::move(key));
}

Result<VerifyKey> VerifyKey::of_ed25519(std::string_view x) {
  const NoTraceOfErrors guard;
  if (x.size() != kCoordinateBytes) return bad("x of Ed25519 has 32 bytes");
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()),
                                EVP_PKEY_free);
  if (!key) return bad("no Ed25519 key");
  return VerifyKey(Algorithm::eddsa, {}, std::move(key));
}

bool VerifyKey::verifies(std::string_view text, std::string_view signature) const {
  if (algorithm_ == Algorithm::hs256) return equal_in_constant_time(signature, hmac_sha256(secret_, {text}));
  const NoTraceOfErrors guard;
  if (algorithm_ == Algorithm::es256) {
    const std::string der = der_of(signature);
    return !der.empty() && verify_by_openssl(algorithm_, key_.get(), text, der);
  }
  // A shorter one would be the same number without its leading zeros: a second spelling of one signature.
  if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) return false;
  return verify_by_openssl(algorithm_, key_.get(), text, signature);
}

}  // namespace msync
