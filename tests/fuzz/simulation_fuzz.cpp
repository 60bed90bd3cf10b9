// Any bytes as the plan of a simulation, by the generator that the simulator uses: what always holds, holds.
#include <iostream>

#include "tests/fuzz/require.h"
#include "tests/sim/run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msync::sim;
  Choices choices(data, size);
  const std::uint64_t seed = choices.below(std::uint64_t{65536});
  const Plan plan = make_plan(seed, choices);
  const Outcome outcome = run(plan);
  if (outcome.failure) std::cerr << outcome.failure->what << '\n' << to_text(plan);
  REQUIRE(!outcome.failure);
  return 0;
}
