// The committer: what a batch of input does to the store. The bridge's half of docs/protocol.md, "in" and "ack".
//
// No thread, no clock, no network: the pipeline drives it with a real store and the time, the simulator with
// a store in memory and a virtual one. One batch is one transaction; a bad mutation fails alone, a group that
// fails undoes only itself. Throws StoreError; the transaction is then rolled back, or, when commit() itself
// threw, in an unknown state, and the caller processes the same batch again: the numbers tell what was stored.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bridge/inbound.h"
#include "bridge/rejections.h"
#include "bridge/revoking.h"
#include "bridge/store/store.h"
#include "core/message.h"

namespace msync {

/// A message for one client's inbox.
struct Reply {
  std::string topic;
  std::string payload;
};

/// A scope whose head moved in this batch.
struct Touched {
  ScopeRow scope;                 // as committed
  std::uint64_t head_before = 0;  // or, after a commit of unknown fate, what is known to be published
};

struct Committed {
  std::vector<Reply> replies;  // acks and notices; to be sent only now
  std::vector<Touched> touched;
  std::size_t messages = 0;   // how many of the batch were taken
  std::size_t mutations = 0;  // processed, repeats not counted
  std::map<Status, std::size_t> outcomes;
  std::size_t duplicates = 0;
  std::size_t gaps = 0;
  std::size_t malformed = 0;
  /// Writes that were asked for in this process; to be told only now.
  std::vector<std::pair<std::shared_ptr<const WriteRequest>, WriteAnswer>> answers;
  std::vector<Rejection> rejections;
  bool revoked = false;  // the list of revocations is another one
};

class Committer {
 public:
  explicit Committer(Store& store, RevokeRules revoking = {});

  /// Takes messages from the front until limits::batch_mutations is reached (at least one message), in one
  /// transaction. `now_ms` is written into the acks. With `skip_unnumbered` messages without numbers are passed
  /// over: they may have been stored by a commit whose fate is unknown.
  Committed commit(std::span<const Inbound> batch, std::int64_t now_ms,
                   std::span<const std::pair<std::int64_t, std::uint64_t>> published,
                   bool skip_unnumbered = false);

  /// After commit() has thrown: had the store's own commit begun, so that nobody knows its fate?
  bool fate_unknown() const { return committing_; }

  /// How many messages that commit was about.
  std::size_t attempted() const { return attempted_; }

 private:
  Store& store_;
  StoreIdentity identity_;
  RevokeRules revoking_;
  bool committing_ = false;
  std::size_t attempted_ = 0;
};

}  // namespace msync
