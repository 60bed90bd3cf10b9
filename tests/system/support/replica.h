// One scope of one replica, kept by the protocol's rules for clients (docs/protocol.md, "pull and delta").
//
// Pure: deltas in, state out. It is as strict as a checker: whatever the server does wrong fails the test.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/json.h"
#include "core/message.h"

namespace msync::test {

struct Document {
  std::uint64_t version = 0;
  std::uint64_t seq = 0;
  std::int64_t ts = 0;
  std::string by;
  Json data;
};

/// As text, one document a line, ascending by id: so that a difference can be read.
std::string dump(const std::map<std::string, Document>& documents);

class Replica {
 public:
  explicit Replica(std::string scope) : scope_(std::move(scope)) {}

  enum class Took { applied, old, gap, other_epoch, ignored };

  /// A live delta or a page. Fails the test if it contradicts the protocol or what this replica holds.
  Took take(const Delta& delta);

  const std::map<std::string, Document>& documents() const { return documents_; }
  const std::string& epoch() const { return epoch_; }
  std::uint64_t seq() const { return seq_; }
  std::uint64_t head() const { return head_; }  // the highest that any delta has told
  bool at_head() const { return seen_any_ && seq_ == head_ && snap_ == 0; }
  /// Not 0 while a snapshot is under way: goes into the pulls that continue it.
  std::uint64_t snap() const { return snap_; }
  std::uint64_t snapshots() const { return snapshots_; }

  /// How often each change was seen to be somebody's mutation, by "src n": for exactly-once checks.
  const std::map<std::string, int>& applied_mutations() const { return applied_mutations_; }

 private:
  void begin_snapshot(const Delta& delta);
  bool apply(const Change& change);
  void finish_snapshot();
  void check_digest(const Delta& delta) const;

  std::string scope_;
  std::string epoch_;
  std::uint64_t seq_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t snap_ = 0;
  std::uint64_t snapshots_ = 0;
  bool seen_any_ = false;
  bool marking_ = false;
  std::set<std::string> marked_;
  std::map<std::string, Document> documents_;
  std::map<std::string, int> applied_mutations_;
};

}  // namespace msync::test
