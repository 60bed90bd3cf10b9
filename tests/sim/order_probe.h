// Invariant 5, asked of the store at hand: concurrent writes to one entity, in every order of arrival, on a transaction
// that is rolled back. All orders must end the same.
#pragma once

#include "tests/sim/ledger.h"

namespace msync::sim {

/// Nothing is asked where the entity is not alive. `dice` chooses who writes what. Throws Violation.
void probe_order(Store& store, const Collection& collection, const std::string& topic, const std::string& id,
                 const Ledger& ledger, std::uint64_t dice, std::int64_t now_ms);

}  // namespace msync::sim
