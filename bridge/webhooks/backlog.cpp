#include "bridge/webhooks/backlog.h"

#include <algorithm>
#include <vector>

#include "core/limits.h"

namespace msync {

void Backlog::list(std::int64_t scope, Entry& entry, std::int64_t due_ms) {
  queue_.erase({entry.due_ms, entry.turn, scope});
  entry.due_ms = due_ms;
  entry.turn = ++turns_;
  queue_.insert({entry.due_ms, entry.turn, scope});
}

/// What is behind it from now on is due: at once, or, where changes rest, all of today's a while later.
void Backlog::rest(std::int64_t scope, Entry& entry, std::int64_t now_ms) {
  entry.to.reset();
  if (wait_ms_ > 0) entry.to = entry.head;
  entry.since_ms = entry.later_since_ms.value_or(now_ms) + wait_ms_;
  entry.later_since_ms.reset();
  list(scope, entry, now_ms + wait_ms_);
}

void Backlog::touch(std::int64_t scope, std::uint64_t head_before, std::uint64_t head, std::int64_t now_ms) {
  const auto [position, created] = entries_.try_emplace(scope);
  Entry& entry = position->second;
  if (created) {
    entry.from = head_before;
    entry.head = head;
    return rest(scope, entry, now_ms);
  }
  if (head <= entry.head) return;
  entry.head = head;
  if (entry.to && !entry.later_since_ms) entry.later_since_ms = now_ms;
}

void Backlog::behind(std::int64_t scope, std::uint64_t cursor, std::uint64_t head, std::int64_t now_ms) {
  touch(scope, cursor, head, now_ms);
  Entry& entry = entries_.at(scope);
  entry.from = std::min(entry.from, cursor);
}

std::optional<Backlog::Work> Backlog::next(std::int64_t now_ms) {
  const auto at_ms = next_at_ms();
  if (!at_ms || *at_ms > now_ms) return std::nullopt;
  const std::int64_t scope = std::get<2>(*queue_.begin());
  queue_.erase(queue_.begin());
  Entry& entry = entries_.at(scope);
  entry.busy = true;
  busy_ += 1;
  return Work{scope, entry.from, entry.to};
}

std::optional<std::int64_t> Backlog::next_at_ms() const {
  const std::size_t most = receiver_failures_ > 0 ? 1 : at_a_time_;
  if (queue_.empty() || busy_ >= most) return std::nullopt;
  const std::int64_t due_ms = std::get<0>(*queue_.begin());
  return receiver_failures_ > 0 ? std::max(due_ms, receiver_due_ms_) : due_ms;
}

void Backlog::cut(std::int64_t scope, std::uint64_t to, bool all) {
  Entry& entry = entries_.at(scope);
  if (!all && !entry.later_since_ms) entry.later_since_ms = entry.since_ms;
  entry.to = to;
}

void Backlog::delivered(std::int64_t scope, std::uint64_t to, std::int64_t now_ms) {
  const auto position = entries_.find(scope);
  Entry& entry = position->second;
  entry.busy = false;
  entry.failures = 0;
  entry.from = std::max(entry.from, to);
  busy_ -= 1;
  if (entry.from >= entry.head) {
    entries_.erase(position);
  } else {
    rest(scope, entry, now_ms);
  }
  recovered(now_ms);
}

/// Who waited only because the receiver was away need not wait any longer.
void Backlog::recovered(std::int64_t now_ms) {
  failed_scope_ = 0;
  if (receiver_failures_ == 0) return;
  receiver_failures_ = 0;
  for (auto& [scope, entry] : entries_)
    if (!entry.busy && entry.failures > 0) list(scope, entry, std::min(entry.due_ms, now_ms));
}

void Backlog::failed(std::int64_t scope, std::int64_t now_ms, std::int64_t asked_pause_ms, double dice) {
  Entry& entry = entries_.at(scope);
  entry.busy = false;
  entry.failures += 1;
  busy_ -= 1;
  const std::int64_t asked = std::min(asked_pause_ms, limits::webhook_pause_max_ms);
  list(scope, entry, now_ms + std::max(asked, pause_ms(entry.failures, dice)));
  const bool receiver = receiver_failures_ > 0 || asked > 0 || (failed_scope_ != 0 && failed_scope_ != scope);
  failed_scope_ = scope;
  // Several may have been under way when it went away: that is one failure.
  if (!receiver || (receiver_failures_ > 0 && now_ms < receiver_due_ms_)) return;
  receiver_failures_ += 1;
  receiver_due_ms_ = now_ms + std::max(asked, pause_ms(receiver_failures_, dice));
}

void Backlog::given_up(std::int64_t scope) {
  Entry& entry = entries_.at(scope);
  entry.busy = false;
  busy_ -= 1;
  list(scope, entry, entry.due_ms);
}

std::uint32_t Backlog::failures(std::int64_t scope) const {
  const auto found = entries_.find(scope);
  return found == entries_.end() ? 0 : found->second.failures;
}

std::int64_t Backlog::lag_ms(std::int64_t now_ms) const {
  std::int64_t lag_ms = 0;
  for (const auto& [scope, entry] : entries_) lag_ms = std::max(lag_ms, now_ms - entry.since_ms);
  return lag_ms;
}

/// Half of it for sure, so that it is a pause; the rest by chance, so that many bridges do not come back together.
std::int64_t Backlog::pause_ms(std::uint32_t failures, double dice) {
  std::int64_t pause = limits::webhook_pause_ms;
  for (std::uint32_t i = 1; i < failures && pause < limits::webhook_pause_max_ms; ++i) pause *= 2;
  pause = std::min(pause, limits::webhook_pause_max_ms);
  const std::int64_t half = pause / 2;
  return half + static_cast<std::int64_t>(dice * static_cast<double>(half));
}

}  // namespace msync
