// A plan: the steps of one simulation. Generated from a seed or a fuzzer's bytes, printed when it fails, read again to
// replay it, made shorter to explain it.
//
// As text, one step a line, its numbers behind its word (docs/simulator.md says what they mean):
//   seed 17
//   phones 3
//   write 0 1 2 0
// A step means the same whatever stands before it, so that leaving others out is worth a try.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "tests/sim/choices.h"

namespace msync::sim {

enum class Do : std::uint8_t {
  write,           // phone, scope, kind, entity
  offline,         // phone
  online,          // phone
  crash,           // phone: loses what it had not stored
  back_up_phone,   // phone
  restore_phone,   // phone: an older copy of its database comes back
  clock,           // phone, offset (index)
  pass,            // ms
  faults,          // drop %, repeat %, shuffle %, delay ms
  queues,          // messages that the broker keeps a session
  forget,          // phone, or the bridge (= number of phones): the broker forgets the session
  broker_restart,  // 0 keeps all, 1 loses queues, 2 loses everything, 3 goes back to old retained messages
  bridge_crash,    // at its k-th next store call
  bridge_cut,      // crash at its k-th next publish
  bridge_lost,     // ms: it loses its connection for so long
  store_fails,     // 0 commit refused, 1 commit done and refused, 2 begin refused; so many times
  purge,           // scope, percent of its seq
  sweep,           // what all phones have seen, and what is old
  backup,          // of the store
  restore,         // the store, from the last backup
  revoke,          // phone, scope
  grant,           // phone, scope, 0 read and write, 1 write only
  reorder,         // scope, entity: two orders of arrival must end the same
  quiet,           // everything heals; then all must agree
};
inline constexpr int kinds_of_step = static_cast<int>(Do::quiet) + 1;

struct Step {
  Do what = Do::quiet;
  std::array<int, 4> with = {};

  bool operator==(const Step&) const = default;
};

struct Plan {
  std::uint64_t seed = 0;  // of what the network does between the steps
  int phones = 2;
  std::vector<Step> steps;
};

/// Ends with a quiet.
Plan make_plan(std::uint64_t seed, Choices choices);

std::string to_text(const Step& step);
std::string to_text(const Plan& plan);

/// Code::bad_config with the line.
Result<Plan> parse_plan(const std::string& text);

}  // namespace msync::sim
