#include "tests/sim/rules.h"

#include "tests/sim/violation.h"

namespace msync::sim {
namespace {

constexpr int rules_of_conflicts = 11;  // not one of the ten, but what they are made of

/// The entity as it was at this version; nothing if it was purged since, or never was.
const Entity* at_version(const Ledger::Scope& scope, const std::string& id, std::uint64_t version) {
  for (auto fact = scope.facts.rbegin(); fact != scope.facts.rend(); ++fact) {
    if (fact->id == id && fact->entity.version == version) return &fact->entity;
  }
  return nullptr;
}

/// A write that saw the last edit, or made it, is not refused for being late.
void check_refusal(const Entity& stood, Conflict conflict, const MutationKey& key,
                   const Operation& operation) {
  if (stood.deleted && operation.op == Op::patch) return;
  const bool saw = operation.base && *operation.base >= stood.edited && *operation.base <= stood.version;
  const bool own = stood.user == key.user && stood.src == key.src && conflict != Conflict::merge;
  require(!saw, rules_of_conflicts,
          to_string(key) + " saw version " + std::to_string(stood.version) + " and was refused");
  require(!own, rules_of_conflicts, to_string(key) + " lost to its own replica's edit");
}

/// Under `lww` a put or patch that saw less is stored only by its clock.
void check_victory(const Entity& before, const Entity& after, const MutationKey& key,
                   const Operation& operation) {
  const bool edit = after.edited == after.version;
  const bool saw = operation.base && *operation.base >= before.edited;
  const bool own = before.user == key.user && before.src == key.src;
  if (!edit || saw || own || before.deleted || operation.op == Op::remove) return;
  require(std::pair(after.ts, after.src) > std::pair(before.ts, before.src), rules_of_conflicts,
          to_string(key) + " won over version " + std::to_string(before.version) + " with an older clock");
}

}  // namespace

void check_rules(const Ledger::Scope& scope, Conflict conflict, const MutationKey& key,
                 const Operation& operation, const MutationResult& result) {
  const bool refused = result.status == Status::superseded || result.status == Status::conflict;
  if (refused && result.standing) {
    if (const Entity* stood = at_version(scope, operation.id, result.standing->version))
      check_refusal(*stood, conflict, key, operation);
  }
  if (!stored(result.status) || conflict != Conflict::lww || result.changes.size() != 1) return;
  const std::uint64_t version = result.changes[0].version;
  const Entity* before = at_version(scope, operation.id, version - 1);
  const Entity* after = at_version(scope, operation.id, version);
  if (before && after) check_victory(*before, *after, key, operation);
}

}  // namespace msync::sim
