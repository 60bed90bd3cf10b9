#include "core/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

namespace msync {
namespace {

struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

/// Fetching an algorithm costs more than a short MAC: once a process.
EVP_MAC* algorithm() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return mac;
}

const unsigned char* bytes_of(std::string_view text) {
  // OpenSSL takes a null key for "the same key again", so an empty view must not be null.
  return reinterpret_cast<const unsigned char*>(text.data() ? text.data() : "");
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> pieces) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  const Context context(EVP_MAC_CTX_new(algorithm()));
  bool good = context && EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters) == 1;
  for (const std::string_view piece : pieces) {
    good = good && EVP_MAC_update(context.get(), bytes_of(piece), piece.size()) == 1;
  }
  std::string mac(32, '\0');
  std::size_t size = 0;
  good = good &&
         EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &size, mac.size()) == 1;
  if (!good || size != mac.size()) throw std::runtime_error("OpenSSL cannot compute HMAC-SHA-256");
  return mac;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(bytes_of(a), bytes_of(b), a.size()) == 0;
}

}  // namespace msync
