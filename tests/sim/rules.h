// The rules of docs/conflicts.md, "Which writes are concurrent", as far as an answer and what stood can show a breach.
#pragma once

#include "tests/sim/ledger.h"

namespace msync::sim {

/// Of the first answer to a mutation that is one operation. Throws Violation.
void check_rules(const Ledger::Scope& scope, Conflict conflict, const MutationKey& key,
                 const Operation& operation, const MutationResult& result);

}  // namespace msync::sim
