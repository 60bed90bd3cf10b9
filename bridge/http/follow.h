// What a request for a scope's changes asks for: from where on, and whether it waits. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/http/message.h"
#include "bridge/http/router.h"

namespace msync {

/// Where a reader stands: docs/protocol.md, "pull and delta". As text E/N, in the middle of a snapshot E/N/S.
struct FeedPosition {
  std::string epoch;  // empty: nowhere yet
  std::uint64_t since = 0;
  std::uint64_t snap = 0;

  bool operator==(const FeedPosition&) const = default;
  bool operator<(const FeedPosition& other) const;
};

std::string to_string(const FeedPosition& position);
Result<FeedPosition> parse_position(std::string_view text);

struct Follow {
  FeedPosition position;
  std::size_t limit = 0;     // changes on one page
  bool stream = false;       // Accept: text/event-stream; resumes by Last-Event-ID
  std::int64_t wait_ms = 0;  // Prefer: wait=S, of a long poll
};

/// The parameters `since`, `epoch`, `snap` and `limit`, and the headers above. Code::malformed.
Result<Follow> read_follow(const HttpRequest& request, const Route& route);

}  // namespace msync
