// Everything that can be said of a store without asking anybody: what always holds, checked.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/collection.h"

namespace msync {

struct Verified {
  std::uint64_t scopes = 0;
  std::uint64_t entities = 0;  // tombstones included
  std::uint64_t records = 0;   // of conflicts and of history
  std::uint64_t findings = 0;
};

/// Looks at one snapshot of the store, also beside a running bridge, and tells each finding as one line. With
/// `collections`, documents are held against their schemas, too. StoreError if it is no store, or cannot be read at all;
/// what is damaged inside is a finding.
Verified verify_store(const std::string& address, const Collections* collections,
                      const std::function<void(const std::string& finding)>& tell);

}  // namespace msync
