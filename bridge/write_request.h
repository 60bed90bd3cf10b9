// A write that somebody in this process asks for (the HTTP side), and what became of it.
//
// It goes the way of all input: inbox, pipeline, committer, the same policies and outcomes; instead of an ack there is one
// call. The committer answers it inside its transaction; the pipeline passes the answer on when that is durable.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bridge/store/store.h"
#include "core/stamp.h"

namespace msync {

struct WriteAnswer {
  enum class Kind : std::uint8_t {
    answered,       // `result` says what the store made of it
    unexpected,     // what stands is not what the asker expected; nothing was written
    other_request,  // the key was used for another request
    unknown,        // a commit failed in a way that nobody can look up: it may be stored, or not
  };
  Kind kind = Kind::answered;
  MutationResult result;  // its n is 0
  bool created = false;   // there was no live entity before
  bool repeated = false;  // answered from the record of the first time

  bool operator==(const WriteAnswer&) const = default;
};

struct WriteRequest {
  enum class Expect : std::uint8_t { anything, version, absent, present };

  Operation operation;  // its `base` is not looked at: the expectation says it
  Expect expect = Expect::anything;
  std::uint64_t version = 0;  // with Expect::version
  std::string key;            // names the request, so that a repeat is answered, not repeated; may be empty
  std::string fingerprint;    // with `key`: of all that was asked
  /// Called at most once, on the pipeline's thread, when the outcome is durable. Must neither block nor throw.
  std::function<void(WriteAnswer&&)> done;
};

/// Does it, in the transaction that is open. `unsure`: an earlier commit of the same request may have succeeded.
/// Throws StoreError.
WriteAnswer answer_write(Store& store, const Collection& collection, ScopeRow& scope,
                         const WriteRequest& request, const Stamp& stamp, std::int64_t now_ms, bool unsure);

}  // namespace msync
