#include "core/jws.h"

#include <optional>

#include "core/base64url.h"
#include "core/hmac.h"

namespace msync {
namespace {

constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT"})";

struct Parts {
  std::string_view signed_text;  // header.payload
  std::string_view header;
  std::string_view payload;
  std::string_view mac;
};

std::optional<Parts> cut(std::string_view compact) {
  const auto first = compact.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = compact.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Parts{compact.substr(0, second), compact.substr(0, first),
               compact.substr(first + 1, second - first - 1), compact.substr(second + 1)};
}

Error refused(std::string message) {
  return {Code::token, std::move(message)};
}

std::optional<Error> fault_of_header(std::string_view text) {
  const auto header = parse_json(text);
  if (!header) return refused("the header is not JSON, or has a member twice");
  if (!header->is_object()) return refused("the header is no JSON object");
  const auto alg = header->find("alg");
  if (alg == header->end() || *alg != "HS256") return refused("the header's alg is not HS256");
  for (const char* member : {"crit", "jwk", "jku", "x5u", "x5c"}) {
    if (header->contains(member)) return refused("the header has " + std::string(member));
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> verify_jws_hs256(std::string_view compact, std::string_view key) {
  if (compact.size() > limits::max_token_bytes) {
    return refused("longer than " + std::to_string(limits::max_token_bytes) + " bytes");
  }
  const auto parts = cut(compact);
  if (!parts) return refused("not three parts with dots between");
  const auto header = base64url_decode(parts->header);
  auto payload = base64url_decode(parts->payload);
  const auto mac = base64url_decode(parts->mac);
  if (!header || !payload || !mac) return refused("not base64url without padding");
  if (!equal_in_constant_time(*mac, hmac_sha256(key, {parts->signed_text}))) {
    return refused("not signed by HS256 with our secret");
  }
  if (auto fault = fault_of_header(*header)) return *fault;
  return *std::move(payload);
}

std::string make_jws_hs256(std::string_view payload, std::string_view key) {
  std::string text = base64url_encode(kHeader) + "." + base64url_encode(payload);
  text += "." + base64url_encode(hmac_sha256(key, {text}));
  return text;
}

}  // namespace msync
