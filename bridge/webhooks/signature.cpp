#include "bridge/webhooks/signature.h"

#include <algorithm>

#include "core/base64url.h"
#include "core/hmac.h"
#include "core/token.h"

namespace msync {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t min_key_bytes = 24;  // both as the specification has them
constexpr std::size_t max_key_bytes = 64;

std::string base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string text) {
  if (text.find_first_of("-_") != std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::min(text.find_last_not_of('=') + 1, text.size()));
  return base64url_decode(text);
}

std::string_view without_newline(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> parse_webhook_key(std::string_view file_bytes) {
  if (!file_bytes.starts_with(prefix)) return parse_secret(file_bytes);
  auto key = from_base64(std::string(without_newline(file_bytes.substr(prefix.size()))));
  if (!key || key->size() < min_key_bytes || key->size() > max_key_bytes)
    return Error{Code::bad_config, "whsec_ must be followed by base64 of 24 to 64 bytes", ""};
  return std::move(*key);
}

std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id,
                              std::int64_t timestamp_s, std::string_view body) {
  const std::string head = std::string(id) + "." + std::to_string(timestamp_s) + ".";
  std::string all;
  for (const std::string& key : keys)
    all += (all.empty() ? "v1," : " v1,") + base64(hmac_sha256(key, {head, body}));
  return all;
}

std::vector<std::string> webhook_headers(const std::vector<std::string>& keys, std::string_view id,
                                         std::int64_t timestamp_s, std::string_view body) {
  return {"Content-Type: application/json", "Webhook-Id: " + std::string(id),
          "Webhook-Timestamp: " + std::to_string(timestamp_s),
          "Webhook-Signature: " + webhook_signature(keys, id, timestamp_s, body)};
}

std::string webhook_id(std::initializer_list<std::string_view> pieces) {
  std::string all;
  for (const std::string_view piece : pieces) (all += piece) += '\0';
  const std::string hash = hmac_sha256("mosquitto-sync webhook", {all});
  return "msg_" + base64url_encode(std::string_view(hash).substr(0, 18));
}

}  // namespace msync
