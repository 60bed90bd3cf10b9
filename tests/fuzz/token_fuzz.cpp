// Any bytes as a token, and as header or claims of one that is rightly signed; as base64url; as a stamp's time.
#include "core/token.h"

#include <algorithm>

#include "core/base64url.h"
#include "core/hmac.h"
#include "core/jws.h"
#include "core/stamp.h"
#include "core/topic.h"
#include "tests/fuzz/require.h"

namespace {

constexpr std::int64_t kNow = 1'795'232'472;

const msync::TokenPolicy& policy() {
  static const msync::TokenPolicy one = [] {
    msync::TokenPolicy made;
    made.secret = "0123456789abcdef0123456789abcdef";
    return made;
  }();
  return one;
}

std::string sign(std::string_view header, std::string_view payload) {
  const std::string text = msync::base64url_encode(header) + "." + msync::base64url_encode(payload);
  return text + "." + msync::base64url_encode(msync::hmac_sha256(policy().secret, {text}));
}

void check(std::string_view token) {
  const auto who = msync::verify_token(token, policy(), kNow);
  if (!who) {
    REQUIRE(who.error().code == msync::Code::token && !who.error().message.empty());
    return;
  }
  REQUIRE(msync::valid_level(who->user));
  REQUIRE(who->expires_at_s >= kNow - policy().leeway_s && who->expires_at_s <= kNow + policy().max_ttl_s);
  REQUIRE(who->claims.is_object() && who->claims.at("sub") == who->user);
  const bool bridge = std::count(who->roles.begin(), who->roles.end(), "bridge") > 0;
  REQUIRE(bridge == who->bridge && (!bridge || who->user == policy().bridge_user));
}

void check_stamp(const std::string& at) {
  const std::vector<std::pair<std::string, std::string>> properties = {
      {"sync-user", "u"}, {"sync-client", "u:d"}, {"sync-at", at}, {"sync-mac", std::string(32, '0')}};
  REQUIRE(!msync::verify_stamp("key", properties, "t", at).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  check(sign(R"({"alg":"HS256"})", bytes));
  const auto payload = msync::verify_jws_hs256(sign(bytes, "payload"), policy().secret);
  REQUIRE(!payload.ok() || *payload == "payload");

  REQUIRE(msync::base64url_decode(msync::base64url_encode(bytes)) == bytes);
  if (const auto decoded = msync::base64url_decode(bytes))
    REQUIRE(msync::base64url_encode(*decoded) == bytes);
  check_stamp(std::string(bytes));
  return 0;
}
