#include "bridge/tail.h"

#include <algorithm>

namespace msync {

Delta head_delta(const ScopeRow& scope) {
  Delta delta;
  delta.scope = scope.topic;
  delta.from = delta.to = delta.head = scope.seq;
  delta.count = scope.count;
  delta.digest = scope.digest.hex();
  return delta;
}

Delta cut_delta(View& view, const ScopeRow& scope, std::uint64_t from, const CutLimits& limits) {
  Delta delta = head_delta(scope);
  delta.from = from;
  std::size_t bytes = delta_overhead_bytes;
  bool cut = false;
  view.changes(scope.id, from, scope.seq, [&](Change&& change) {
    const std::size_t size = encoded_bytes(change);
    const bool full = (limits.entities != 0 && delta.changes.size() == limits.entities) ||
                      (!delta.changes.empty() && bytes + size > limits.bytes);
    if (full) {
      cut = true;
      return false;
    }
    bytes += size;
    delta.changes.push_back(std::move(change));
    return true;
  });
  if (cut) {
    delta.to = delta.changes.back().seq;
    delta.count.reset();
    delta.digest.clear();
  }
  return delta;
}

Delta live_delta(View& view, const ScopeRow& scope, std::uint64_t from) {
  return cut_delta(view, scope, std::max(from, scope.horizon), {0, limits::live_delta_bytes});
}

}  // namespace msync
