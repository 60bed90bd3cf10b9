// Decides when to connect: a token for each attempt, backoff with jitter between them, at once when the network is back.
// Knows nothing of the protocol. Pure but for its hooks; the library's thread calls it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace msync::client {

class Connector {
 public:
  enum class State : std::uint8_t { offline, connecting, connected };

  struct Hooks {
    std::function<double()> random;   // in [0, 1)
    std::function<void()> ask_token;  // answered by on_token() or on_no_token(), also before it returns
    std::function<void(std::uint64_t attempt, const std::string& token)> open;
    std::function<void(bool politely)> close;
    std::function<void(State)> state;
    /// `token_refused`, `token` or `connection`.
    std::function<void(const char* code, const std::string& message)> error;
  };

  explicit Connector(Hooks hooks) : hooks_(std::move(hooks)) {}

  void start(std::int64_t now);
  void stop(bool politely);
  /// Ends this connection; another is made after a while.
  void drop(std::int64_t now);
  /// The network went, or is there again: then at once.
  void reachable(bool is, std::int64_t now);

  /// False if no attempt waited for it.
  bool on_token(const std::string& token, std::int64_t now);
  bool on_no_token(const std::string& why, std::int64_t now);
  void on_connected(std::uint64_t attempt, std::int64_t now);
  void on_closed(std::uint64_t attempt, bool refused, const std::string& why, std::int64_t now);

  void tick(std::int64_t now);
  /// When tick() has something to do.
  std::optional<std::int64_t> due() const { return due_; }

  State state() const { return state_; }
  bool is_current(std::uint64_t attempt) const { return attempt == attempt_ && opened_; }

 private:
  void connect(std::int64_t now);
  void ended(std::int64_t now);
  void become(State state);

  Hooks hooks_;
  State state_ = State::offline;
  bool running_ = false;
  bool reachable_ = true;
  bool wants_token_ = false;
  bool opened_ = false;  // the attempt has a connection
  std::uint64_t attempt_ = 0;
  std::uint64_t failures_ = 0;
  std::int64_t connected_at_ = 0;
  std::optional<std::int64_t> due_;
};

}  // namespace msync::client
