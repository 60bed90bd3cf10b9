// Any bytes as a set of keys; as a token, or its header, against a fixed set of keys that sign nothing here.
#include "core/jwks.h"

#include <algorithm>
#include <iterator>

#include "core/base64url.h"
#include "core/jws.h"
#include "tests/fuzz/require.h"
#include "tests/rfc_tokens.h"

namespace {

constexpr msync::Algorithm kAll[] = {msync::Algorithm::hs256, msync::Algorithm::rs256,
                                     msync::Algorithm::ps256, msync::Algorithm::es256,
                                     msync::Algorithm::eddsa};

const msync::KeySet& fixed() {
  static const msync::KeySet::Loaded loaded = msync::KeySet::load("rfc", msync::rfc_jwks);
  REQUIRE(loaded.problems.empty() && loaded.keys.size() == 4);
  return loaded.keys;
}

void check_set(std::string_view bytes) {
  const auto loaded = msync::KeySet::load("f", bytes);
  REQUIRE(!loaded.problems.empty() || loaded.keys.size() > 0);
  REQUIRE(loaded.keys.size() <= msync::limits::max_jwks_keys);
  for (const msync::Problem& one : loaded.problems) REQUIRE(!one.what.empty() && !one.remedy.empty());
  if (!loaded.problems.empty()) return;
  std::size_t usable = 0;
  for (const msync::Algorithm algorithm : kAll) {
    const auto key = loaded.keys.find(to_string(algorithm), std::nullopt);
    if (!key) continue;
    ++usable;
    REQUIRE((*key)->algorithm() == algorithm);
    REQUIRE(!(*key)->verifies(bytes, {}));
    static_cast<void>((*key)->verifies("text", bytes));
  }
  REQUIRE(usable > 0 || loaded.keys.size() > 1);  // else each algorithm has several
}

/// Only the holders of the keys could make another one that passes.
void check_token(std::string_view token) {
  const auto payload = msync::verify_jws(token, fixed());
  if (!payload) {
    REQUIRE(payload.error().code == msync::Code::token && !payload.error().message.empty());
    return;
  }
  REQUIRE(std::find(std::begin(msync::rfc_tokens), std::end(msync::rfc_tokens), token) !=
          std::end(msync::rfc_tokens));
}

/// The signatures of the examples under any header.
void check_header(std::string_view header) {
  for (const std::string_view good : msync::rfc_tokens) {
    check_token(msync::base64url_encode(header) + std::string(good.substr(good.find('.'))));
  }
}

/// The bytes as the signature of each example.
void check_signature(std::string_view signature) {
  for (const std::string_view good : msync::rfc_tokens) {
    check_token(std::string(good.substr(0, good.rfind('.') + 1)) + msync::base64url_encode(signature));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_set(bytes);
  check_token(bytes);
  check_header(bytes);
  check_signature(bytes);
  return 0;
}
