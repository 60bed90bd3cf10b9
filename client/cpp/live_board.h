// What this client says on `T/live/<client-id>`: relayed by the broker, never stored. A state is said again now and then,
// for those who come later, and taken back when it goes: by a message, or by the connection's will. The library's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace msync::client {

class LiveBoard {
 public:
  /// `publish(topic, payload)`.
  LiveBoard(std::string client_id, std::function<void(const std::string&, const std::string&)> publish)
      : client_id_(std::move(client_id)), publish_(std::move(publish)) {}

  /// What takes a state back.
  static constexpr const char* gone = "null";

  /// `state`: JSON; empty takes it back.
  void set(const std::string& scope, const std::string& state);
  /// Something that happens once.
  void send(const std::string& scope, const std::string& message);
  void goodbye();
  void connected() { announce_at_ = 0; }
  void tick(std::int64_t now);

  /// True if that is another than before: the caller (un)subscribes.
  bool watch(const std::string& scope, bool on);
  std::vector<std::string> watched() const { return {watching_.begin(), watching_.end()}; }

  /// Topic and payload. A connection has one will: for the first scope that has a state.
  std::optional<std::pair<std::string, std::string>> will() const;

 private:
  std::string topic(const std::string& scope) const { return scope + "/live/" + client_id_; }

  std::string client_id_;
  std::function<void(const std::string&, const std::string&)> publish_;
  std::map<std::string, std::string> states_;  // payloads by scope
  std::set<std::string> watching_;
  std::int64_t announce_at_ = 0;
};

/// What somebody else said: a state (empty: taken back), a message, both or neither.
struct LiveWords {
  std::optional<std::string> state;
  std::optional<std::string> message;
};
LiveWords parse_live(const std::string& payload);

}  // namespace msync::client
