// simulate: runs the simulator over many seeds, or one plan.
//
//   simulate [--seeds N] [--first S] [--jobs J]    N seeds from S on; stops at the first that fails
//   simulate --plan FILE                           one plan, as printed by a failure
//   simulate … --must-fail                         succeeds exactly if a seed fails: for planted bugs
// A failure prints its seed, what broke, and the shortest plan found that breaks it too.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "tests/sim/run.h"

namespace {

using namespace msync::sim;

struct Options {
  std::uint64_t seeds = 2000;
  std::uint64_t first = 1;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::string plan;
  bool must_fail = false;
  int shrink_ms = 20'000;
};

struct Totals {
  std::mutex mutex;
  std::uint64_t seeds = 0, events = 0, wishes = 0, changes = 0, lost = 0;
  std::optional<std::pair<Plan, Failure>> failed;
  std::atomic<std::uint64_t> next = 0;

  void add(const Plan& plan, Outcome&& outcome) {
    const std::lock_guard lock(mutex);
    seeds += 1;
    events += outcome.counts.events;
    wishes += outcome.counts.wishes;
    changes += outcome.counts.changes;
    lost += outcome.counts.messages_lost;
    // The lowest seed, whichever thread was first.
    if (outcome.failure && (!failed || plan.seed < failed->first.seed))
      failed.emplace(plan, *outcome.failure);
  }
  bool has_failed() {
    const std::lock_guard lock(mutex);
    return failed.has_value();
  }
};

void work(const Options& options, Totals& totals) {
  while (!totals.has_failed()) {
    const std::uint64_t number = totals.next++;
    if (number >= options.seeds) return;
    const std::uint64_t seed = options.first + number;
    const Plan plan = make_plan(seed, Choices(seed * 7919));
    totals.add(plan, run(plan));
    if (number % 5000 == 4999) std::cout << number + 1 << " seeds" << std::endl;
  }
}

void explain(const Plan& plan, const Failure& failure, int shrink_ms) {
  std::cout << "seed " << plan.seed << " fails: " << failure.what << std::endl;
  if (shrink_ms == 0) return;
  const Plan shortest = shrink(plan, failure, shrink_ms);
  const Outcome again = run(shortest);
  std::cout << "shortest plan found, " << shortest.steps.size() << " of " << plan.steps.size()
            << " steps; replay it with: simulate --plan FILE\n"
            << (again.failure ? "# " + again.failure->what + "\n" : "") << to_text(shortest);
}

int run_seeds(const Options& options) {
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i) threads.emplace_back([&] { work(options, totals); });
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (totals.failed)
    explain(totals.failed->first, totals.failed->second, options.must_fail ? 0 : options.shrink_ms);
  std::cout << totals.seeds << " seeds in " << took.count() << " s: " << totals.events << " events, "
            << totals.wishes << " writes asked for, " << totals.changes << " changes, " << totals.lost
            << " messages lost" << std::endl;
  return totals.failed.has_value() == options.must_fail ? 0 : 1;
}

int run_plan(const Options& options) {
  std::ifstream file(options.plan);
  std::stringstream text;
  text << file.rdbuf();
  const auto plan = parse_plan(text.str());
  if (!file || !plan) {
    std::cerr << options.plan << ": " << (file ? plan.error().message : "cannot be read") << std::endl;
    return 65;
  }
  const Outcome outcome = run(*plan);
  if (outcome.failure)
    explain(*plan, *outcome.failure, options.shrink_ms);
  else
    std::cout << "nothing broke" << std::endl;
  return outcome.failure.has_value() == options.must_fail ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("simulates phones, a broker and the bridge's core, and checks what always holds");
  app.add_option("--seeds", options.seeds, "how many");
  app.add_option("--first", options.first, "the first of them");
  app.add_option("--jobs", options.jobs, "threads");
  app.add_option("--plan", options.plan, "a file with one plan");
  app.add_option("--shrink-ms", options.shrink_ms, "how long to look for a shorter plan");
  app.add_flag("--must-fail", options.must_fail, "succeed exactly if something breaks");
  CLI11_PARSE(app, argc, argv);
  return options.plan.empty() ? run_seeds(options) : run_plan(options);
}
