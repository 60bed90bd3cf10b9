// What an operator does to the simulated server: purge, backup, restore.
#include "tests/sim/server.h"

namespace msync::sim {

void Server::purge(const std::string& topic, int percent) {
  if (store_ == nullptr) return;
  survive([&] {
    Store& store = *store_;
    const Collection* collection = classify_scope(*collections_, topic).collection;
    try {
      store.begin();
      ScopeRow row = store.scope(topic, collection->name);
      store.purge_tombstones(row, row.seq * static_cast<std::uint64_t>(percent) / 100,
                             1 + choices_.below(std::uint64_t{4}));
      store.commit();
    } catch (const StoreError&) {
      store.rollback();
    }
  });
}

void Server::back_up() {}

/// The bridge is stopped, the store replaced, the bridge started again.
void Server::restore() {
  if (!backup_) return;
  die();
  ledger_.put_back(*backup_);
}

}  // namespace msync::sim
