#include "core/jws.h"

#include <optional>
#include <utility>

#include "core/base64url.h"
#include "core/hmac.h"

namespace msync {
namespace {

constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT"})";

/// A token taken apart; the parts but the first are decoded.
struct Parts {
  std::string_view signed_text;  // header.payload
  std::string header;
  std::string payload;
  std::string signature;
};

Error refused(std::string message) {
  return {Code::token, std::move(message)};
}

Result<Parts> cut(std::string_view compact) {
  if (compact.size() > limits::max_token_bytes) {
    return refused("longer than " + std::to_string(limits::max_token_bytes) + " bytes");
  }
  const auto first = compact.find('.');
  const auto second = first == compact.npos ? first : compact.find('.', first + 1);
  if (second == compact.npos) return refused("not three parts with dots between");
  auto header = base64url_decode(compact.substr(0, first));
  auto payload = base64url_decode(compact.substr(first + 1, second - first - 1));
  auto signature = base64url_decode(compact.substr(second + 1));
  if (!header || !payload || !signature) return refused("not base64url without padding");
  return Parts{compact.substr(0, second), *std::move(header), *std::move(payload), *std::move(signature)};
}

/// A header that neither brings a key nor asks for what we do not know.
Result<Json> read_header(std::string_view text) {
  auto header = parse_json(text);
  if (!header) return refused("the header is not JSON, or has a member twice");
  if (!header->is_object()) return refused("the header is no JSON object");
  for (const char* member : {"crit", "jwk", "jku", "x5u", "x5c"}) {
    if (header->contains(member)) return refused("the header has " + std::string(member));
  }
  return header;
}

Result<const VerifyKey*> key_for(const Json& header, const KeySet& keys) {
  const auto alg = header.find("alg");
  if (alg == header.end() || !alg->is_string()) return refused("the header's alg is no text");
  const auto kid = header.find("kid");
  if (kid == header.end()) return keys.find(alg->get_ref<const std::string&>(), std::nullopt);
  if (!kid->is_string()) return refused("the header's kid is no text");
  return keys.find(alg->get_ref<const std::string&>(), kid->get<std::string>());
}

}  // namespace

Result<std::string> verify_jws_hs256(std::string_view compact, std::string_view key) {
  auto parts = cut(compact);
  if (!parts) return parts.error();
  if (!equal_in_constant_time(parts->signature, hmac_sha256(key, {parts->signed_text}))) {
    return refused("not signed by HS256 with our secret");
  }
  const auto header = read_header(parts->header);
  if (!header) return header.error();
  const auto alg = header->find("alg");
  if (alg == header->end() || *alg != "HS256") return refused("the header's alg is not HS256");
  return std::move(parts->payload);
}

Result<std::string> verify_jws(std::string_view compact, const KeySet& keys) {
  auto parts = cut(compact);
  if (!parts) return parts.error();
  if (parts->header.size() > limits::max_token_header_bytes) {
    return refused("the header is longer than " + std::to_string(limits::max_token_header_bytes) + " bytes");
  }
  const auto header = read_header(parts->header);
  if (!header) return header.error();
  const auto key = key_for(*header, keys);
  if (!key) return key.error();
  if (!(*key)->verifies(parts->signed_text, parts->signature)) {
    return refused(std::string("not signed by ") + to_string((*key)->algorithm()) + " with our key");
  }
  return std::move(parts->payload);
}

std::string make_jws_hs256(std::string_view payload, std::string_view key) {
  std::string text = base64url_encode(kHeader) + "." + base64url_encode(payload);
  text += "." + base64url_encode(hmac_sha256(key, {text}));
  return text;
}

}  // namespace msync
