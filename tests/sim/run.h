// Running plans: one, and the shortest that fails like it.
#pragma once

#include <optional>
#include <string>

#include "tests/sim/plan.h"
#include "tests/sim/world.h"

namespace msync::sim {

struct Failure {
  int invariant = 0;  // 0: an exception that is no violation
  std::string what;
};

struct Outcome {
  std::optional<Failure> failure;
  World::Counts counts;
};

Outcome run(const Plan& plan);

/// Leaves steps out as long as the same invariant is broken, for at most `patience_ms` of real time.
Plan shrink(const Plan& plan, const Failure& failure, int patience_ms);

}  // namespace msync::sim
