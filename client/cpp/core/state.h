// What a replica must not forget of itself: the row `s` of a scope. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace msync::client {

struct ReplicaState {
  std::string src;
  std::string epoch;  // empty: a new replica
  std::uint64_t seq = 0;
  std::uint64_t snap = 0;  // of the snapshot under way
  bool in_snapshot = false;
  std::uint64_t generation = 0;  // snapshots begun
  std::uint64_t whole_at = 0;    // what was applied may have left out entities that changed again up to here
  bool moving = false;           // to another epoch: what the old src's numbers came to is not known yet
  std::uint64_t last_n = 0;      // the largest number given
  std::uint64_t acked_n = 0;     // the largest number known to be processed
  std::int64_t acked_now = 0;    // the server's time when it said acked_n
  std::int64_t last_ts = 0;      // of its own writes, ms
  std::uint64_t mismatches = 0;  // digests in a row that differed
  bool want_snapshot = false;    // the next pull asks for everything
  std::int64_t first_order = 0;  // places in the outbox, in front of it
  std::int64_t next_order = 1;   // and behind it
  bool whole = false;            // it has been at a head once
};

std::string encode(const ReplicaState& state);
Result<ReplicaState> decode_state(std::string_view text);

/// `<ms when made>-<random>`: a later one is higher.
bool is_higher_epoch(std::string_view a, std::string_view b);

}  // namespace msync::client
