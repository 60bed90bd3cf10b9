#include "bridge/pull_answer.h"

#include "bridge/tail.h"

namespace msync {

PullAnswer::PullAnswer(Pull pull, std::string user, std::string scope, std::string epoch)
    : pull_(std::move(pull)), user_(std::move(user)), scope_(std::move(scope)), epoch_(std::move(epoch)) {}

/// Most is judged on the first page only. But what the next page needs may have been purged since.
bool PullAnswer::needs_reset(const ScopeRow& scope) {
  if (pages_ == 0) {
    if (pull_.epoch != epoch_ || pull_.since == 0) return true;
    above_head_ = pull_.since > scope.seq;
    if (above_head_) return true;
  }
  // A client in the middle of a snapshot knows what it has yet to see; only what was purged since its start is
  // lost to it.
  return pull_.snap > 0 ? scope.horizon > pull_.snap : pull_.since < scope.horizon;
}

void PullAnswer::add_own_numbers(View& view, const ScopeRow& scope, Delta& delta) const {
  if (pull_.src.empty()) return;
  const ReplicaKey key{user_, pull_.src, scope.id};
  delta.n = view.replica_n(key);
  delta.outcomes = view.outcomes(key, pull_.acked);
}

Delta PullAnswer::page(View& view, const ScopeRow& scope) {
  const bool reset = needs_reset(scope);
  if (reset) {
    pull_.since = 0;
    pull_.snap = scope.seq;
  }
  Delta delta = cut_delta(view, scope, pull_.since, {pull_.limit, limits::page_bytes});
  delta.reset = reset;
  delta.snap = pull_.snap;
  pull_.since = delta.to;
  pages_ += 1;
  at_head_ = delta.to == delta.head;
  done_ = at_head_ || pages_ == limits::pages_per_pull;
  delta.last = done_;
  if (at_head_) add_own_numbers(view, scope, delta);
  return delta;
}

std::optional<std::string> PullAnswer::next(StoreReader& reader, std::int64_t now_ms) {
  if (done_) return std::nullopt;
  const auto view = reader.view();
  ScopeRow scope = view->scope(scope_).value_or(ScopeRow{});
  scope.topic = scope_;  // a scope that nobody has written to is empty, not unknown
  Delta delta = page(*view, scope);
  delta.rid = pull_.rid;
  delta.epoch = epoch_;
  delta.now = now_ms;
  std::string page = compress(pull_.cbor ? encode_cbor(delta) : encode(delta), compression());
  used_ = compression_of(page);
  return page;
}

/// zstd is as small and eight times as fast.
Compression PullAnswer::compression() const {
  if (pull_.zstd) return Compression::zstd;
  return pull_.zlib ? Compression::zlib : Compression::none;
}

std::string PullAnswer::content_type() const {
  std::string type = pull_.cbor ? "application/cbor" : "application/json";
  switch (used_) {
    case Compression::zstd:
      return type + "+zstd";
    case Compression::zlib:
      return type + "+zlib";
    case Compression::none:
      break;
  }
  return type;
}

}  // namespace msync
