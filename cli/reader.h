// Keeps a ScopeReplica whole: when to pull, and again, and when to stop asking. docs/protocol.md, "The client".
//
// Pure: the caller gives the time and the randomness.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/scope_replica.h"

namespace msync {

class Reader {
 public:
  /// `rid_prefix` makes the names of its pulls unlike those of earlier runs with the same client id.
  Reader(std::string scope, std::string rid_prefix, ScopeReplica::Listener listener = {});

  /// The connection is new: what was under way may be lost.
  void connected();
  void on_status(const ServerStatus& status);
  /// Pull even if nothing seems to be missing.
  void look_again() { wanted_ = true; }
  ScopeReplica::Took on_delta(const Delta& delta, std::int64_t now_ms);

  /// The pull to send now, if one is due; one at a time. `dice` is in [0, 1).
  std::optional<Pull> due(std::int64_t now_ms, double dice);

  /// At the head of the server's epoch, as far as is known.
  bool whole() const { return replica_.whole() && !wanted_ && !in_flight_; }

  const ScopeReplica& replica() const { return replica_; }

 private:
  static constexpr std::int64_t answer_ms = 10'000;  // a pull without an answer for so long is sent again

  void end_pull(bool again);

  ScopeReplica replica_;
  ScopeReplica::Listener listener_;
  std::string rid_prefix_;
  std::uint64_t rids_ = 0;
  std::string rid_;
  bool online_ = false;
  bool wanted_ = true;
  bool in_flight_ = false;
  int failures_ = 0;
  std::int64_t heard_ms_ = 0;  // of the pull in flight: sent, or its last page
  std::int64_t not_before_ms_ = 0;
};

}  // namespace msync
