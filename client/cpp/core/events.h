// What the core tells the shell, to be told on once the rows are committed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "client/cpp/core/rows.h"

namespace msync::client {

/// What became of a write is known, and the view shows it.
struct Settled {
  std::string scope;
  std::string key;
  Outcome outcome;
};

struct ProblemFound {
  Problem problem;
};

/// The scope's data has left the device.
struct Purged {
  std::string scope;
  std::string reason;
};

/// It goes on by itself. The scope may be empty.
struct Failed {
  std::string scope;
  Fault fault;
};

struct LiveHeard {
  std::string scope;
  std::string client;
  std::string payload;
};

/// The token ends in so many seconds; right after a renewal: it was accepted.
struct TokenNotice {
  std::int64_t expires_in_s = 0;
};

/// The server's time was this when it answered, at most `age_ms` ago; nothing: nobody knows how long ago.
struct ClockNotice {
  std::int64_t server_now = 0;
  std::optional<std::int64_t> age_ms;
};

// ---- Only where Manner::traced asks for them -------------------------------------------------------------

/// The confirmed state of one entity, before and after: nothing where there is no such document. What a snapshot tells is told
/// where it differs; what it did not name is a deletion with seq 0.
struct ConfirmedChange {
  std::string scope;
  Change change;
  std::optional<Confirmed> before;
  std::optional<Confirmed> after;
  bool snapshot = false;
};

/// Something is missing before `to`; it is pulled.
struct GapFound {
  std::string scope;
  std::uint64_t to = 0;
};

/// At `seq` the documents are not what the server has.
struct DigestDiffered {
  std::string scope;
  std::uint64_t seq = 0;
  bool again = false;  // after a snapshot, too: no other is asked for
};

using Event = std::variant<Settled, ProblemFound, Purged, Failed, LiveHeard, TokenNotice, ClockNotice,
                           ConfirmedChange, GapFound, DigestDiffered>;

}  // namespace msync::client
