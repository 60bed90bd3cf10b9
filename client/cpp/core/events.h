// What the core tells the shell, to be told on once the rows are committed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "client/cpp/core/write.h"

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

using Event = std::variant<Settled, ProblemFound, Purged, Failed, LiveHeard, TokenNotice, ClockNotice>;

}  // namespace msync::client
