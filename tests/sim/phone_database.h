// What a simulated phone keeps on its disk: one scope's part of it. Copied whole for a backup of the phone.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/digest.h"
#include "core/message.h"

namespace msync::sim {

struct Document {
  std::uint64_t version = 0;
  std::int64_t ts = 0;
  std::string by;
  Json data;
  bool marked = false;  // seen by the snapshot under way
};

struct Waiting {
  std::size_t wish = 0;
  Mutation mutation;
  std::uint64_t n = 0;   // 0: not yet sent
  bool arrived = false;  // a delta showed it, before its ack
};

struct ScopeDatabase {
  std::string src;
  std::string epoch;
  std::uint64_t seq = 0;
  std::uint64_t snap = 0;  // a snapshot is under way
  bool in_snapshot = false;
  std::uint64_t whole_at = 0;  // what was applied may have left out entities that changed again up to here
  bool moving = false;         // to a higher epoch: what the old src's numbers came to is not known yet
  std::map<std::string, Document> documents;
  std::map<std::string, Document> tombstones;  // as far as it saw them; without data
  std::deque<Waiting> outbox;
  std::uint64_t last_n = 0;    // the largest given
  std::uint64_t acked_n = 0;   // the largest known to be processed
  std::int64_t acked_now = 0;  // the server's time when it was
  std::int64_t last_ts = 0;    // of its own writes

  std::string digest() const {
    Digest sum;
    for (const auto& [id, document] : documents) sum.add(id, document.version, document.ts, document.by);
    return sum.hex();
  }
};

/// `<ms>-<random>`: later is higher.
inline bool is_higher_epoch(const std::string& a, const std::string& b) {
  return std::pair(std::stoll(a), a) > std::pair(std::stoll(b), b);
}

}  // namespace msync::sim
