#include "bridge/own_token.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "core/token.h"
#include "platform/files.h"

namespace msync {
namespace {

constexpr std::int64_t own_token_ttl_s = 12 * 3600;  // half of what the plugin allows by default

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string sign_token(const BridgeOptions& options, const std::string& secret) {
  Json claims{{options.user_claim, options.user},
              {"roles", Json::array({"bridge"})},
              {"exp", now_s() + own_token_ttl_s}};
  if (!options.jwt_issuer.empty()) claims["iss"] = options.jwt_issuer;
  if (!options.jwt_audience.empty()) claims["aud"] = options.jwt_audience;
  return make_token(claims, secret);
}

std::string read_token(const std::string& file) {
  auto bytes = read_file(file, limits::max_token_bytes);
  if (!bytes) {
    spdlog::error("event=token_unreadable reason=\"{}\"", bytes.error().message);
    return {};
  }
  std::string token = std::move(*bytes);
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  return token;
}

}  // namespace

std::function<std::string()> own_token(const BridgeOptions& options, const std::string& secret) {
  if (!options.token_file.empty()) return [file = options.token_file] { return read_token(file); };
  return [options, secret] { return sign_token(options, secret); };
}

}  // namespace msync
