// Tailing the store: the changes of a scope past a cursor, cut into deltas. docs/protocol.md, "pull and delta".
//
// Pure over one View: no thread, no clock. The publisher makes live deltas with it, the pull service pages.
#pragma once

#include "bridge/store/store.h"
#include "core/message.h"

namespace msync {

/// How large one delta may become.
struct CutLimits {
  std::size_t entities = 0;  // 0: no limit
  std::size_t bytes = 0;     // of JSON; a single larger change goes alone
};

/// The next delta of `scope` (as this view sees it) from `from` (exclusive). Its `to` is the head if everything
/// fitted, else the seq of its last change; `count` and `digest` are set at the head only. rid, reset, snap, n and
/// outcomes are the caller's.
Delta cut_delta(View& view, const ScopeRow& scope, std::uint64_t from, const CutLimits& limits);

/// The next live delta. What was purged before it could be published is a gap in it: readers pull.
Delta live_delta(View& view, const ScopeRow& scope, std::uint64_t from);

/// The delta that only tells where the head is.
Delta head_delta(const ScopeRow& scope);

}  // namespace msync
