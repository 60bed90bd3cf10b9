#include "bridge/sweeper.h"

#include <algorithm>

#include "core/limits.h"

namespace msync {
namespace {

std::size_t left(const Swept& done) {
  return limits::sweep_rows - done.tombstones - done.history - done.requests;
}

}  // namespace

Sweeper::Sweeper(Store& store, std::shared_ptr<const Collections> collections)
    : store_(store), collections_(std::move(collections)) {}

/// A replica that has said nothing for long is not waited for; where none says anything, age alone counts.
std::uint64_t Sweeper::purgeable(const ScopeRow& scope, const Collection& collection, std::int64_t now_ms) {
  const std::uint64_t old =
      store_.tombstones_older_than(scope.id, now_ms - collection.tombstones_ms, limits::sweep_rows);
  return std::max(old, store_.seen_by_all(scope.id, now_ms - limits::replica_ttl_ms).value_or(0));
}

void Sweeper::sweep_scope(ScopeRow& scope, const Collection& collection, std::int64_t now_ms, Swept& done) {
  if (const std::uint64_t up_to = purgeable(scope, collection, now_ms); up_to > 0)
    done.tombstones += store_.purge_tombstones(scope, up_to, left(done));
  done.history += store_.trim_history(scope.id, now_ms - collection.history_ms, left(done));
}

Swept Sweeper::sweep(std::int64_t now_ms) {
  Swept done;
  store_.begin();
  try {
    done.requests = store_.drop_requests(now_ms - limits::request_remembered_ms, limits::sweep_rows);
    for (std::size_t visited = 0; visited < limits::sweep_scopes && left(done) > 0; ++visited) {
      auto scope = store_.scope_to_sweep(last_scope_);
      done.more = scope.has_value();
      if (!done.more) break;
      const Collection* collection = collections_->find(scope->collection);
      if (collection != nullptr) sweep_scope(*scope, *collection, now_ms, done);
      if (left(done) > 0) last_scope_ = scope->id;  // else it may have more to forget
    }
    if (done.tombstones + done.history + done.requests > 0) {
      store_.commit();
    } else {
      store_.rollback();
    }
  } catch (...) {
    store_.rollback();
    throw;
  }
  if (!done.more) last_scope_ = 0;
  return done;
}

}  // namespace msync
