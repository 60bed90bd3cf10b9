// What an operator does to the simulated server: purge, sweep, backup, restore.
#include "bridge/store/backup.h"
#include "bridge/store/verify.h"
#include "tests/sim/server.h"
#include "tests/sim/violation.h"

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

void Server::sweep() {
  if (!committer_) return;
  survive([&] {
    try {
      for (int i = 0; i < 10 && committer_->sweep(collections_, now_ms()).more; ++i) {
      }
    } catch (const StoreError&) {
      // The next sweep begins again.
    }
  });
}

void Server::verify() {
  verify_store("sqlite::memory:" + name_, collections_.get(),
               [](const std::string& finding) { throw Violation(1, "the store: " + finding); });
}

void Server::back_up() {
  const std::string target = "sqlite::memory:" + name_ + ".backup";
  if (!backup_place_) backup_place_ = std::move(*open_store(target, timeline_.now_ms()));
  backup_store("sqlite::memory:" + name_, target);
  backup_ = ledger_.state();
}

/// The bridge is stopped, the store replaced, the bridge started again.
void Server::restore() {
  if (!backup_) return;
  die();
  restore_store("sqlite::memory:" + name_ + ".backup", "sqlite::memory:" + name_, timeline_.now_ms());
  ledger_.put_back(*backup_);
}

}  // namespace msync::sim
