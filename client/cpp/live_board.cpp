#include "client/cpp/live_board.h"

#include "client/cpp/core/bounds.h"
#include "core/json.h"

namespace msync::client {

void LiveBoard::set(const std::string& scope, const std::string& state) {
  if (state.empty()) {
    states_.erase(scope);
    publish_(topic(scope), gone);
  } else {
    publish_(topic(scope), states_[scope] = "{\"state\":" + state + "}");
  }
}

void LiveBoard::send(const std::string& scope, const std::string& message) {
  publish_(topic(scope), "{\"message\":" + message + "}");
}

void LiveBoard::goodbye() {
  for (const auto& [scope, state] : states_) publish_(topic(scope), gone);
  states_.clear();
}

void LiveBoard::tick(std::int64_t now) {
  if (now < announce_at_) return;
  announce_at_ = now + bounds::announce_ms;
  for (const auto& [scope, state] : states_) publish_(topic(scope), state);
}

bool LiveBoard::watch(const std::string& scope, bool on) {
  return on ? watching_.insert(scope).second : watching_.erase(scope) > 0;
}

std::optional<std::pair<std::string, std::string>> LiveBoard::will() const {
  if (!states_.empty()) return std::pair(topic(states_.begin()->first), std::string(gone));
  if (!watching_.empty()) return std::pair(topic(*watching_.begin()), std::string(gone));
  return std::nullopt;
}

LiveWords parse_live(const std::string& payload) {
  LiveWords words;
  const auto said = parse_json(payload);
  if (!said) return words;  // somebody else's words
  if (said->is_null()) words.state = "";
  if (!said->is_object()) return words;
  if (said->contains("state")) words.state = to_text(said->at("state"));
  if (said->contains("message")) words.message = to_text(said->at("message"));
  return words;
}

}  // namespace msync::client
