// What the user sees of one entity: the confirmed state with the outbox on top. An acknowledged write stays on top until
// the confirmed state has come to it, so that nothing flickers and nothing counts twice. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cpp/core/rows.h"

namespace msync::client {

struct Seen {
  Text data;
  std::uint64_t version = 0;  // of the confirmed state; 0: the server has no such entity yet
  bool pending = false;       // some of it the server has not confirmed
  std::int64_t ts = 0;
  std::string by;  // empty: this user, unconfirmed
};

/// Nothing: there is none. `known` may be null or a tombstone; `seq` is the scope's.
std::optional<Seen> view_of(const std::string& id, const Confirmed* known, const std::vector<Entry*>& entries,
                            std::uint64_t seq);

/// A patch with operators (docs/conflicts.md) on a document. What is wrong with it leaves the value as it was: the server
/// says so later. Neither argument need be an object.
Json apply_patch(Json document, const Json& patch);

}  // namespace msync::client
