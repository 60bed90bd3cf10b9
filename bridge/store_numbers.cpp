#include "bridge/store_numbers.h"

#include <algorithm>

namespace msync {
namespace {

constexpr std::array<std::int64_t, StoreNumbers::ages.size() - 1> age_ends_ms = {
    3'600'000, 86'400'000, 7 * 86'400'000LL, 30 * 86'400'000LL};

std::size_t age_of(std::int64_t age_ms) {
  const auto end = std::lower_bound(age_ends_ms.begin(), age_ends_ms.end(), age_ms);
  return static_cast<std::size_t>(end - age_ends_ms.begin());
}

/// Which of two is shown first.
bool before(const ReplicaRecord& one, const ReplicaRecord& other) {
  const std::uint64_t lag = one.head - std::min(one.seen, one.head);
  const std::uint64_t other_lag = other.head - std::min(other.seen, other.head);
  return lag != other_lag ? lag > other_lag : one.seen_at_ms > other.seen_at_ms;
}

}  // namespace

void StoreCounter::sample(std::int64_t now_ms) {
  const auto view = reader_.view();
  const StoreTotals totals = view->totals();
  numbers_.scopes = totals.scopes;
  numbers_.documents = totals.documents;
  count_tombstones(*view);
  count_replicas(*view, now_ms);
}

void StoreCounter::count_tombstones(View& view) {
  std::size_t rows = 0;
  bool more = false;
  view.tombstone_counts(tombstones_after_, [&](std::int64_t scope, std::uint64_t count) {
    more = rows >= rows_a_sample_;
    if (more) return false;
    rows += 1 + count / 10;  // as cheap as that
    round_.tombstones += count;
    tombstones_after_ = scope;
    return true;
  });
  if (more) return;
  numbers_.tombstones = std::exchange(round_.tombstones, 0);
  tombstones_after_ = 0;
}

void StoreCounter::count_replicas(View& view, std::int64_t now_ms) {
  std::size_t rows = 0;
  bool more = false;
  view.reports(replicas_after_, [&](std::int64_t scope, ReplicaRecord&& replica) {
    more = rows >= rows_a_sample_ && scope != replicas_after_;
    if (more) return false;
    rows += 1;
    replicas_after_ = scope;
    take(std::move(replica), now_ms);
    return true;
  });
  if (more) return;
  std::sort_heap(round_.furthest_behind.begin(), round_.furthest_behind.end(), before);
  numbers_.synced = std::exchange(round_.synced, 0);
  numbers_.behind = std::exchange(round_.behind, {});
  numbers_.furthest_behind = std::exchange(round_.furthest_behind, {});
  replicas_after_ = 0;
}

void StoreCounter::take(ReplicaRecord&& replica, std::int64_t now_ms) {
  if (replica.seen >= replica.head) {
    round_.synced += 1;
  } else {
    round_.behind[age_of(now_ms - replica.seen_at_ms)] += 1;
  }
  if (now_ms - replica.seen_at_ms > limits::replica_ttl_ms) return;  // nobody waits for it
  auto& heap = round_.furthest_behind;                               // the last of them on top
  if (heap.size() == limits::status_rows) {
    if (!before(replica, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), before);
    heap.pop_back();
  }
  heap.push_back(std::move(replica));
  std::push_heap(heap.begin(), heap.end(), before);
}

}  // namespace msync
