// The outbox of one replica in one scope: numbers mutations, sends them in messages, sends again what got no
// answer, and lets a mutation go only when its own result is known. docs/protocol.md, "in" and "ack".
//
// Pure: the caller gives the time. Holds at most `max_unacked` mutations.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/message.h"

namespace msync {

/// What sync/status announces, as far as a sender must keep it.
struct ServerLimits {
  std::size_t max_payload_bytes = limits::max_payload_bytes;
  std::size_t max_mutations = limits::max_mutations;
  std::size_t max_depth = limits::max_depth;
  std::size_t max_unacked = limits::max_unacked;
};

class Uploader {
 public:
  /// What became of one mutation. Once each, in no particular order.
  using Listener = std::function<void(const std::string& id, const MutationResult& result)>;

  Uploader(std::string scope, std::string src, ServerLimits limits, Listener listener);

  /// Room for another mutation?
  bool has_room() const { return outbox_.size() < limits_.max_unacked; }

  /// Nothing without an answer?
  bool empty() const { return outbox_.empty(); }

  /// REQUIRES has_room(). `bytes`: of the operation's data as compact JSON. False if it cannot be sent at all:
  /// one message could not hold it.
  bool add(Operation operation, std::size_t bytes);

  /// The message to send now, if there is one. Another call may have another.
  std::optional<InMessage> due(std::int64_t now_ms, const std::string& epoch);

  enum class Heard {
    fine,
    restored,   // the server has another epoch than the message: its store was restored or made anew
    lost_tail,  // the server has forgotten what it had acknowledged
  };
  Heard on_ack(const Ack& ack, std::int64_t now_ms);

  /// Everything without an answer is to be sent again: on a new connection.
  void connected();

  /// The server asks for a pause.
  void pause_until(std::int64_t time_ms) { not_before_ms_ = time_ms; }

  std::uint64_t last_n() const { return first_n_ + outbox_.size() - 1; }

 private:
  static constexpr std::int64_t answer_ms = 10'000;
  static constexpr std::int64_t longest_answer_ms = 60'000;

  struct Pending {
    Operation operation;
    std::size_t bytes = 0;
    bool answered = false;
  };

  void send_again(std::size_t from);

  std::string scope_;
  std::string src_;
  ServerLimits limits_;
  Listener listener_;
  std::deque<Pending> outbox_;
  std::uint64_t first_n_ = 1;  // of outbox_.front()
  std::size_t sent_ = 0;       // of the outbox
  std::int64_t heard_ms_ = 0;  // last progress, or sending after none
  std::int64_t patience_ms_ = answer_ms;
  std::int64_t not_before_ms_ = 0;
  std::int64_t last_gap_ms_ = -answer_ms;
  std::uint64_t last_gap_n_ = 0;
};

}  // namespace msync
