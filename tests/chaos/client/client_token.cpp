// The token of a client of the chaos suite: what it grants, and the next one.
#include <algorithm>

#include "tests/chaos/client/client.h"

namespace msync::chaos {

namespace {

constexpr std::int64_t again_ms = 1'000;  // an attempt to connect takes its time

/// The claims of a JWT, which nobody needs a key to read.
Json claims_of(const std::string& token) {
  static const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto from = token.find('.') + 1;
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : token.substr(from, token.find('.', from) - from)) {
    bits = bits << 6U | static_cast<std::uint32_t>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
  }
  return Json::parse(text, nullptr, false);
}

}  // namespace

/// For a connection that is about to be made: what comes after this comes with it.
std::string Client::filled_token() {
  std::string token = whole(options_.token_file);
  while (!token.empty() && token.back() == '\n') token.pop_back();
  const std::lock_guard lock(mutex_);
  inbox_.push_back({"", claims_of(token).dump(), mono_ms()});
  token_ = token;
  return token;
}

void Client::on_token(const Arrived& mark) {
  const Json claims = Json::parse(mark.payload, nullptr, false);
  rooms_ = claims.value("rooms", Json());
  history_.record("token", {{"iat", claims.value("iat", 0)}, {"rooms", rooms_}, {"taken", mark.mono}});
}

/// A new token is used at once: on a new connection, or on this one.
void Client::look_at_token() {
  for (const auto& scope : options_.scopes) limited_at_ = may(scope) ? limited_at_ : mono_ms();
  std::string token = whole(options_.token_file);
  while (!token.empty() && token.back() == '\n') token.pop_back();
  {
    const std::lock_guard lock(mutex_);
    if (token.empty() || token_.empty() || token == token_ || mono_ms() < token_again_) return;
  }
  token_again_ = mono_ms() + again_ms;
  if (!link_->is_connected() || writer_.chance(50)) return link_->reconnect();
  const Json rooms = claims_of(token).value("rooms", Json());
  history_.record("renewing", {{"rooms", rooms}});
  Publish renewal;
  renewal.topic = renewal_topic;
  renewal.payload = token;
  static_cast<void>(link_->publish(renewal));
  rooms_ = rooms;
  const std::lock_guard lock(mutex_);
  token_ = token;
}

/// The one before goes on to count, which may be all that there is until a clock is right again.
void Client::on_refused_token(const Json& notice) {
  history_.record("token_refused", {{"notice", notice}});
  limited_at_ = mono_ms();
  token_again_ = mono_ms() + again_ms;
  const std::lock_guard lock(mutex_);
  token_ = "refused";
}

bool Client::may(const std::string& scope) const {
  if (!rooms_.is_array() || scope == "private/" + user_) return true;
  const std::string room = scope.substr(scope.rfind('/') + 1);
  return std::ranges::find(rooms_, Json(room)) != rooms_.end();
}

}  // namespace msync::chaos
