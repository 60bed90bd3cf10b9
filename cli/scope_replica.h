// One scope as a reader knows it: the rules of docs/protocol.md, "pull and delta" and "The client", for `import`
// and `watch`. Deltas in; what changed and what to ask for out.
//
// Pure: no clock, no network. It has no `src`: it writes nothing of its own and its pulls ask for no outcomes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/digest.h"
#include "core/message.h"

namespace msync {

class ScopeReplica {
 public:
  struct Document {
    std::uint64_t version = 0;
    std::int64_t ts = 0;
    std::string by;
    std::string data;  // compact JSON

    bool operator==(const Document&) const = default;
  };

  /// What a delta changed: before it was, and after it is (nothing: no such document).
  struct Event {
    const Change& change;
    const Document* before = nullptr;
    const Document* after = nullptr;
    bool snapshot = false;  // told by a snapshot, not as it happened
  };
  using Listener = std::function<void(const Event&)>;

  enum class Took {
    applied,
    old,      // nothing new in it
    ignored,  // of another epoch, of another pull, or live during a snapshot
    gap,      // something before it is missing: pull
    damaged,  // what we hold contradicts count or digest: see wants_snapshot()
  };

  explicit ScopeReplica(std::string scope) : scope_(std::move(scope)) {}

  /// A live delta or a page. `listener` hears of each change, and, where a snapshot ends, of each document that is
  /// gone (as a change that deletes it, with seq 0).
  Took take(const Delta& delta, const Listener& listener = {});

  /// The next pull, under this name. Its answers are recognised by it.
  Pull pull(std::string rid);

  /// After Took::damaged: the next pull asks for everything. False if one did and it did not help.
  bool wants_snapshot() const { return from_zero_; }

  /// Every change up to the head that was last heard of is here.
  bool whole() const { return !epoch_.empty() && !snapshot_ && seq_ >= head_; }

  const std::map<std::string, Document, std::less<>>& documents() const { return documents_; }
  const Document* find(std::string_view id) const;
  const std::string& scope() const { return scope_; }
  const std::string& epoch() const { return epoch_; }
  std::uint64_t seq() const { return seq_; }
  std::uint64_t head() const { return head_; }

 private:
  void begin_snapshot(const Delta& page);
  void end_snapshot(const Listener& listener);
  bool can_apply(const Delta& delta) const;
  void apply(const Change& change, const Listener& listener);
  void put(const Change& change);
  void erase(std::map<std::string, Document, std::less<>>::iterator document);
  Took check(const Delta& delta);

  std::string scope_;
  std::string epoch_;
  std::uint64_t seq_ = 0;
  std::uint64_t head_ = 0;
  std::map<std::string, Document, std::less<>> documents_;
  Digest digest_;  // of documents_
  std::string rid_;
  bool snapshot_ = false;
  std::uint64_t snap_ = 0;
  std::set<std::string, std::less<>> marked_;  // named by the snapshot's pages
  bool from_zero_ = false;                     // the next pull asks for a snapshot
  bool damaged_before_ = false;                // a snapshot was taken for it already: report it and go on
};

}  // namespace msync
