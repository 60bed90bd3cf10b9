// Counting what is in the store, a little at a time: for metrics and the status page.
//
// No thread, no clock: its owner calls it every limits::store_sample_ms, with a reader that nobody else uses meanwhile. What
// a sample costs, measured with 1,000,000 documents, as many tombstones, and 100,000 replicas:
// 6 ms. A tenth of that is one pass over 10,000 scopes, the rest tombstones (40 ns each) and replicas (0.3 µs each, 1 µs
// with their names), both read from an index, scope by scope, from where the sample before ended. One scope is never cut: one
// with 100,000 replicas takes 0.1 s.
// So a full round takes several samples where there is more than limits::store_sample_rows of something; what is shown is
// the last full round.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bridge/store/store.h"
#include "core/limits.h"

namespace msync {

struct StoreNumbers {
  /// Replicas that have not come to their scope's head, by when they last said how far they are. Those that never said
  /// are not counted: they only write.
  static constexpr std::array<const char*, 5> ages = {"1h", "1d", "7d", "30d", "older"};

  std::uint64_t scopes = 0;
  std::uint64_t documents = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t synced = 0;
  std::array<std::uint64_t, ages.size()> behind = {};
  /// Of those heard of within limits::replica_ttl_ms, at most limits::status_rows; of equals those heard of last.
  std::vector<ReplicaRecord> furthest_behind;
  StoreSize size;
};

class StoreCounter {
 public:
  explicit StoreCounter(StoreReader& reader, std::size_t rows_a_sample = limits::store_sample_rows)
      : reader_(reader), rows_a_sample_(rows_a_sample) {}

  /// One more sample. Throws StoreError.
  void sample(std::int64_t now_ms);

  /// Of the last full rounds, and of now where that costs nothing.
  const StoreNumbers& numbers() const { return numbers_; }

 private:
  void count_tombstones(View& view);
  void count_replicas(View& view, std::int64_t now_ms);
  void take(ReplicaRecord&& replica, std::int64_t now_ms);

  StoreReader& reader_;
  std::size_t rows_a_sample_;
  StoreNumbers numbers_;
  StoreNumbers round_;  // under way
  std::int64_t tombstones_after_ = 0;
  std::int64_t replicas_after_ = 0;
};

}  // namespace msync
