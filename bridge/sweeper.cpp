#include "bridge/sweeper.h"

#include <algorithm>

#include "core/limits.h"

namespace msync {
namespace {

/// Begins with the first thing to do; undone unless it is committed.
class LazyTransaction {
 public:
  explicit LazyTransaction(Store& store) : store_(store) {}
  ~LazyTransaction() {
    if (open_) store_.rollback();
  }
  LazyTransaction(const LazyTransaction&) = delete;
  LazyTransaction& operator=(const LazyTransaction&) = delete;

  void begin() {
    if (!open_) store_.begin();
    open_ = true;
  }
  void commit() {
    if (open_) store_.commit();
    open_ = false;
  }

 private:
  Store& store_;
  bool open_ = false;
};

}  // namespace

Sweeper::Sweeper(Store& store, std::shared_ptr<const Collections> collections)
    : store_(store), collections_(std::move(collections)) {}

/// A replica that has said nothing for long is not waited for; where none says anything, age alone counts.
std::uint64_t Sweeper::purgeable(const ScopeRow& scope, std::int64_t now_ms) {
  const Collection* collection = collections_->find(scope.collection);
  if (collection == nullptr) return 0;
  const std::uint64_t old =
      store_.tombstones_older_than(scope.id, now_ms - collection->tombstones_ms, limits::sweep_rows);
  return std::max(old, store_.seen_by_all(scope.id, now_ms - limits::replica_ttl_ms).value_or(0));
}

Swept Sweeper::sweep(std::int64_t now_ms) {
  Swept done;
  LazyTransaction transaction(store_);
  for (std::size_t visited = 0; visited < limits::sweep_scopes; ++visited) {
    auto scope = store_.scope_with_tombstones(last_scope_);
    if (!scope) {
      transaction.commit();
      last_scope_ = 0;
      return done;
    }
    if (const std::uint64_t up_to = purgeable(*scope, now_ms); up_to > 0) {
      transaction.begin();
      done.tombstones += store_.purge_tombstones(*scope, up_to, limits::sweep_rows - done.tombstones);
      if (done.tombstones == limits::sweep_rows) break;  // this scope may have more of them
    }
    last_scope_ = scope->id;
  }
  transaction.commit();
  done.more = true;
  return done;
}

}  // namespace msync
