// What a scope makes of acks, live deltas and pages.
#include <algorithm>

#include "client/cpp/core/scope.h"

namespace msync::client {

bool Scope::on_ack(const Ack& ack, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  if (ack.src != state.src) return false;
  if (ack.stale || ack.epoch != state.epoch) {
    if (ack.stale && ack.epoch != state.epoch && reads_ && !state.moving) want_pull();
    return false;
  }
  if (ack.gap) return on_gap(ack, now);
  if (state.moving) return false;
  if (ack.n > state.last_n) {
    opened_ = false;  // of a database that this one is an older copy of
    want_pull(true);
    return false;
  }
  if (skips_outcomes(ack)) {
    send_again(now);
    return false;
  }
  const std::uint64_t before = state.acked_n;
  const bool fresh = ack.n > before && ack.n <= sent_n_;
  replica_.ack(ack, now);
  told_head_ = ack.head;
  if (!reads_) replica_.release_all();
  if (state.acked_n > before) progressed(now);
  send(now);
  return fresh;
}

/// Who does not read hears of outcomes by acks alone. Where one was lost, the same mutations are answered the same again.
bool Scope::skips_outcomes(const Ack& ack) const {
  return !reads_ && !ack.results.empty() && ack.results.front().n > replica_.state.acked_n + 1;
}

void Scope::send_again(std::int64_t now) {
  if (now - gap_at_ < bounds::gap_pause_ms) return;
  gap_at_ = now;
  sent_n_ = 0;
  send(now);
}

void Scope::progressed(std::int64_t now) {
  heard_at_ = now;
  send_pause_ = bounds::ack_wait_ms;
  if (replica_.state.acked_n >= single_until_) single_until_ = 0;
}

bool Scope::on_gap(const Ack& ack, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  if (!reads_ && !opened_) {
    on_numbers({ack.n, 0, ack.now, state.acked_n, {}}, now);
    return true;
  }
  if (!opened_ || state.moving) return false;
  if (ack.n < state.acked_n) {
    // Older than what else has arrived, or the server lost its tail: a pull tells.
    if (ack.now <= state.acked_now) return false;
    if (reads_) {
      want_pull();
    } else {
      on_numbers({ack.n, 0, ack.now, state.acked_n, {}}, now);
    }
    return false;
  }
  if (now - gap_at_ >= bounds::gap_pause_ms) replica_.cover(ack.n, state.seq, ack.now, now);
  send_again(now);
  return false;
}

void Scope::on_numbers(const Replica::Numbers& said, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  opened_ = true;
  denied_ = false;
  const std::string src = state.src;
  const std::uint64_t acked = state.acked_n;
  replica_.on_numbers(said, now);
  if (!reads_) replica_.release_all();
  if (state.src != src) {
    sent_n_ = 0;
    rid_.clear();
  }
  if (state.acked_n < acked) sent_n_ = 0;
  if (state.acked_n > acked) progressed(now);
  send(now);
}

void Scope::on_log(const Delta& delta, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  if (!delta.rid.empty() || delta.epoch != state.epoch) return;
  if (state.in_snapshot) {
    told_head_ = std::max(told_head_, delta.head);
    return;
  }
  head_heard_ = true;
  const std::uint64_t before = state.acked_n;
  // Below what is here, and no word from before it: the server lost its tail.
  const bool behind = delta.head < state.seq && delta.now > heard_now_;
  heard_now_ = std::max(heard_now_, delta.now);
  if (!replica_.apply(delta, now)) found_gap(delta, false);
  if (behind) want_pull();
  if (state.acked_n > before) progressed(now);
  if (state.want_snapshot) want_pull();
}

void Scope::found_gap(const Delta& delta, bool soon) {
  if (shared_.manner.traced) replica_.reports().trace(GapFound{name_, delta.to});
  want_pull(soon);
}

bool Scope::on_page(const Delta& page, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  const bool mine = !page.rid.empty() && page.rid == rid_;
  if (page.reset) {
    const bool again = reset_taken_ && state.in_snapshot && page.snap == state.snap;
    if (!mine || again) return false;
    reset_taken_ = true;
    replica_.begin_snapshot(page);
  }
  if (page.epoch != state.epoch || (state.in_snapshot && !mine)) return mine;
  // The first page of its snapshot was lost, and with it what was purged.
  if (page.snap != (state.in_snapshot ? state.snap : 0)) {
    found_gap(page, mine);
    return mine;
  }
  head_ = std::max(page.reset ? 0 : head_, page.head);
  heard_now_ = std::max(heard_now_, page.now);
  if (!replica_.apply(page, now)) {
    found_gap(page, mine);
    return mine;
  }
  if (mine) page_of_mine(page, now);
  return mine;
}

void Scope::page_of_mine(const Delta& page, std::int64_t now) {
  denied_ = false;
  head_heard_ = true;
  pull_pause_ = bounds::backoff_min_ms;
  pull_at_ = now + (page.last ? bounds::backoff_min_ms : bounds::pull_wait_ms);
  const bool at_head = page.to == page.head;
  if (page.last) rid_.clear();
  if (page.last && !at_head) want_pull(true);
  if (page.n && at_head) on_numbers({*page.n, page.to, page.now, pulled_acked_n_, page.outcomes}, now);
}

}  // namespace msync::client
