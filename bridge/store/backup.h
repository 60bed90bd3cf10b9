// A copy of a store, and a store from a copy. docs/operations.md has the worked example.
//
// Both throw StoreError, for an address that is none, too. On either side may be a store in memory
// (`sqlite::memory:NAME`): a target there is written over, and somebody must keep it open.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bridge/store/store.h"

namespace msync {

/// A consistent copy of the store as it was when this began, also beside a running bridge, which is not held up; only
/// its log cannot be reclaimed meanwhile. The target is one file, complete or not there: written under another
/// name, checked, synced, then renamed; its owner's alone. An existing file is never overwritten. `progress` may throw
/// to give up.
void backup_store(const std::string& from_address, const std::string& to_address,
                  const std::function<void(int done_pages, int total_pages)>& progress = {});

/// Makes `to` what `from` is, as a new history: an epoch above those of the backup and of what is replaced, so that
/// every client notices and reads anew; boot and last time above both; each scope's head to be published. Kind::busy if
/// a bridge works on `to`. What is replaced stays beside as kept_beside(). Interrupted at any point, `to` is the old
/// store or the new one.
StoreIdentity restore_store(const std::string& from_address, const std::string& to_address,
                            std::int64_t now_ms);

/// FILE.before-restore-<time>: where a restore at this time puts what was there.
std::string kept_beside(const std::string& file, std::int64_t now_ms);

}  // namespace msync
