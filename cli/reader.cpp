#include "cli/reader.h"

#include <algorithm>
#include <utility>

namespace msync {

using Took = ScopeReplica::Took;

Reader::Reader(std::string scope, std::string rid_prefix, ScopeReplica::Listener listener)
    : replica_(std::move(scope)), listener_(std::move(listener)), rid_prefix_(std::move(rid_prefix)) {}

void Reader::connected() {
  end_pull(true);
  not_before_ms_ = 0;
}

void Reader::on_status(const ServerStatus& status) {
  const bool came_back = status.online && !online_;
  online_ = status.online;
  if (!online_) return;
  if (status.epoch != replica_.epoch() || (came_back && in_flight_)) end_pull(true);
  if (came_back) not_before_ms_ = 0;
}

void Reader::end_pull(bool again) {
  in_flight_ = false;
  wanted_ = wanted_ || again;
}

Took Reader::on_delta(const Delta& delta, std::int64_t now_ms) {
  const bool answer = in_flight_ && delta.rid == rid_;
  const Took took = replica_.take(delta, listener_);
  if (took == Took::gap || (took == Took::damaged && replica_.wants_snapshot())) {
    // While a pull is under way its end will tell; a page that does not fit means that one before it was lost.
    if (answer || !in_flight_) end_pull(true);
    return took;
  }
  if (!answer) return took;
  heard_ms_ = now_ms;
  failures_ = 0;
  if (delta.last) end_pull(!replica_.whole());
  return took;
}

std::optional<Pull> Reader::due(std::int64_t now_ms, double dice) {
  if (in_flight_ && now_ms - heard_ms_ >= answer_ms) {
    end_pull(true);
    const std::int64_t pause_ms = std::min<std::int64_t>(60'000, 1000 << std::min(failures_++, 6));
    not_before_ms_ = now_ms + static_cast<std::int64_t>(static_cast<double>(pause_ms) * (0.5 + dice / 2));
  }
  if (!online_ || !wanted_ || in_flight_ || now_ms < not_before_ms_) return std::nullopt;
  wanted_ = false;
  in_flight_ = true;
  heard_ms_ = now_ms;
  rid_ = rid_prefix_ + "-" + std::to_string(++rids_);
  return replica_.pull(rid_);
}

}  // namespace msync
