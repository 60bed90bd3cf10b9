#include "tests/sim/run.h"

#include <atomic>
#include <chrono>

#include "tests/sim/violation.h"

namespace msync::sim {
namespace {

bool fails_alike(const Plan& plan, const Failure& failure) {
  const Outcome outcome = run(plan);
  return outcome.failure && outcome.failure->invariant == failure.invariant;
}

}  // namespace

Outcome run(const Plan& plan) {
  static std::atomic<std::uint64_t> runs = 0;
  Outcome outcome;
  World world(plan, "simulation" + std::to_string(++runs));
  try {
    world.run();
  } catch (const Violation& violation) {
    outcome.failure = Failure{violation.invariant, violation.what()};
  } catch (const std::exception& error) {
    outcome.failure = Failure{0, std::string("unexpected: ") + error.what()};
  }
  outcome.counts = world.counts();
  return outcome;
}

Plan shrink(const Plan& plan, const Failure& failure, int patience_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  Plan best = plan;
  bool shorter = true;
  for (std::size_t piece = best.steps.size() / 2; piece > 0 || shorter; piece /= 2) {
    piece = std::max<std::size_t>(piece, 1);
    shorter = false;
    for (std::size_t at = 0; at < best.steps.size();) {
      if (std::chrono::steady_clock::now() > end) return best;
      Plan less = best;
      const auto from = less.steps.begin() + static_cast<std::ptrdiff_t>(at);
      less.steps.erase(from, from + static_cast<std::ptrdiff_t>(std::min(piece, less.steps.size() - at)));
      if (fails_alike(less, failure)) {
        best = std::move(less);
        shorter = true;
      } else {
        at += piece;
      }
    }
    if (piece == 1 && !shorter) break;
  }
  return best;
}

}  // namespace msync::sim
