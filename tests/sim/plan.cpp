#include "tests/sim/plan.h"

#include <sstream>
#include <string_view>

namespace msync::sim {
namespace {

/// How often a step is chosen, and how its numbers are: each below its bound.
struct Shape {
  std::string_view word;
  int weight;
  std::array<int, 4> bounds;
};

constexpr int phones_max = 4;

constexpr std::array<Shape, kinds_of_step> shapes = {{
    {"write", 60, {phones_max, 3, 14, 4}},
    {"offline", 5, {phones_max}},
    {"online", 6, {phones_max}},
    {"crash", 4, {phones_max}},
    {"back_up_phone", 1, {phones_max}},
    {"restore_phone", 1, {phones_max}},
    {"clock", 2, {phones_max, 9}},
    {"pass", 30, {30'000}},
    {"faults", 4, {25, 25, 25, 2000}},
    {"queues", 1, {40}},
    {"forget", 2, {phones_max + 1}},
    {"broker_restart", 2, {4}},
    {"bridge_crash", 5, {40}},
    {"bridge_cut", 3, {8}},
    {"bridge_lost", 2, {60'000}},
    {"store_fails", 3, {3, 3}},
    {"purge", 3, {3, 101}},
    {"sweep", 2, {}},
    {"backup", 2, {}},
    {"restore", 2, {}},
    {"revoke", 1, {phones_max, 3}},
    {"grant", 2, {phones_max, 3, 2}},
    {"reorder", 4, {3, 4, 1000}},
    {"quiet", 2, {}},
}};

constexpr int total_weight = [] {
  int sum = 0;
  for (const Shape& shape : shapes) sum += shape.weight;
  return sum;
}();

Step make_step(Choices& choices) {
  int at = choices.below(total_weight);
  std::size_t kind = 0;
  while (at >= shapes[kind].weight) at -= shapes[kind++].weight;
  Step step{static_cast<Do>(kind), {}};
  for (std::size_t i = 0; i < step.with.size(); ++i) step.with[i] = choices.below(shapes[kind].bounds[i]);
  // Mostly short moments: what is close together in time meets.
  if (step.what == Do::pass && !choices.chance(30)) step.with[0] %= 400;
  return step;
}

Error bad_line(int line, const std::string& why) {
  return {Code::bad_config, "line " + std::to_string(line) + ": " + why, ""};
}

}  // namespace

Plan make_plan(std::uint64_t seed, Choices choices) {
  Plan plan;
  plan.seed = seed;
  plan.phones = 2 + choices.below(phones_max - 1);
  const int steps = 20 + choices.below(100);
  for (int i = 0; i < steps && !choices.used_up(); ++i) plan.steps.push_back(make_step(choices));
  plan.steps.push_back({Do::quiet, {}});
  return plan;
}

std::string to_text(const Step& step) {
  const Shape& shape = shapes[static_cast<std::size_t>(step.what)];
  std::string text(shape.word);
  for (std::size_t i = 0; i < step.with.size(); ++i) {
    if (shape.bounds[i] > 0) text += " " + std::to_string(step.with[i]);
  }
  return text;
}

std::string to_text(const Plan& plan) {
  std::string text = "seed " + std::to_string(plan.seed) + "\nphones " + std::to_string(plan.phones) + "\n";
  for (const Step& step : plan.steps) text += to_text(step) + "\n";
  return text;
}

Result<Plan> parse_plan(const std::string& text) {
  Plan plan;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word.starts_with('#')) continue;
    if (word == "seed") {
      words >> plan.seed;
    } else if (word == "phones") {
      words >> plan.phones;
    } else {
      std::size_t kind = 0;
      while (kind < shapes.size() && shapes[kind].word != word) ++kind;
      if (kind == shapes.size()) return bad_line(number, "no such step: " + word);
      Step step{static_cast<Do>(kind), {}};
      for (std::size_t i = 0; i < step.with.size() && shapes[kind].bounds[i] > 0; ++i) {
        if (!(words >> step.with[i])) return bad_line(number, "a number is missing");
      }
      plan.steps.push_back(step);
    }
  }
  if (plan.phones < 1 || plan.phones > phones_max) return bad_line(0, "1 to 4 phones");
  return plan;
}

}  // namespace msync::sim
