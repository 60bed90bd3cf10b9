// What the server announces in sync/status, as clients need it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "core/result.h"

namespace msync::client {

/// What a client must keep to; the defaults hold until the server has spoken.
struct ServerLimits {
  std::uint64_t max_payload_bytes = limits::max_payload_bytes;
  std::uint64_t max_mutations = limits::max_mutations;
  std::uint64_t max_operations = limits::max_operations;
  std::uint64_t max_depth = limits::max_depth;
  std::uint64_t max_unacked = limits::max_unacked;

  bool operator==(const ServerLimits&) const = default;
};

struct Announcement {
  std::uint64_t protocol = 0;
  // Of the protocol that we speak only:
  bool online = false;
  std::string epoch;
  ServerLimits limits;
};

/// A status of another version of the protocol need only say which.
Result<Announcement> decode_announcement(std::string_view payload);

}  // namespace msync::client
