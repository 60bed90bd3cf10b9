#include "bridge/mutator.h"

#include "bridge/conflict_record.h"
#include "bridge/history_record.h"

namespace msync {
namespace {

/// What one operation came to. Nothing of it is recorded yet where it failed: a group's savepoint would undo it.
struct Step {
  Decision decision;
  Landing landing;  // after the step: where the entity stands
};

/// One mutation under way.
class Mutator {
 public:
  Mutator(Store& store, const Collection& collection, ScopeRow& scope, const Writer& writer,
          std::int64_t now_ms)
      : store_(store), collection_(collection), scope_(scope), writer_(writer), now_ms_(now_ms) {}

  /// The place of the first operation that was not stored, or nothing.
  std::optional<std::size_t> apply(const Mutation& mutation, MutationResult& result);

  /// After what was stored of a group is undone: records the conflict, names what stands now.
  void note_failure(const Operation& operation, MutationResult& result);

 private:
  Step judge(const Operation& operation, const std::optional<Entity>& current) const;
  void keep(const Operation& operation, const std::optional<Entity>& current, Step& step);
  void account(const std::string& id, const std::optional<Entity>& before, const Entity& after);
  void record(const Operation& operation, const std::optional<Entity>& current, const Decision& decision);

  Store& store_;
  const Collection& collection_;
  ScopeRow& scope_;
  const Writer& writer_;
  std::int64_t now_ms_;
  Decision failure_;
};

void Mutator::account(const std::string& id, const std::optional<Entity>& before, const Entity& after) {
  if (before && !before->deleted) {
    scope_.digest.remove(id, before->version, before->ts, before->by);
    scope_.count -= 1;
  }
  if (!after.deleted) {
    scope_.digest.add(id, after.version, after.ts, after.by);
    scope_.count += 1;
  }
}

void Mutator::record(const Operation& operation, const std::optional<Entity>& current,
                     const Decision& decision) {
  const auto conflict = conflict_record(operation, writer_, current ? &*current : nullptr, decision, now_ms_);
  if (conflict) store_.save_conflict(scope_.id, *conflict);
}

Step Mutator::judge(const Operation& operation, const std::optional<Entity>& current) const {
  return {reconcile(collection_, current ? &*current : nullptr, operation, writer_, scope_.horizon),
          {operation.id, current ? current->version : 0, current ? current->seq : 0}};
}

void Mutator::keep(const Operation& operation, const std::optional<Entity>& current, Step& step) {
  record(operation, current, step.decision);
  if (!step.decision.entity) return;
  Entity& entity = *step.decision.entity;
  scope_.seq += 1;
  entity.seq = scope_.seq;
  account(operation.id, current, entity);
  store_.save(scope_.id, operation.id, entity, now_ms_);
  if (collection_.history_ms > 0)
    store_.save_history(scope_.id, history_record(operation, writer_, current, entity, now_ms_));
  step.landing = {operation.id, entity.version, entity.seq};
}

std::optional<std::size_t> Mutator::apply(const Mutation& mutation, MutationResult& result) {
  for (std::size_t i = 0; i < mutation.operations.size(); ++i) {
    const Operation& operation = mutation.operations[i];
    const bool looks = !operation.fault && operation.op != Op::noop;
    const auto current = looks ? store_.entity(scope_.id, operation.id) : std::nullopt;
    Step step = judge(operation, current);
    if (!stored(step.decision.status)) {
      failure_ = std::move(step.decision);
      return i;
    }
    keep(operation, current, step);
    if (step.decision.status == Status::merged) result.status = Status::merged;
    if (step.decision.entity) result.changes.push_back(std::move(step.landing));
  }
  return std::nullopt;
}

void Mutator::note_failure(const Operation& operation, MutationResult& result) {
  const auto current = operation.fault ? std::nullopt : store_.entity(scope_.id, operation.id);
  record(operation, current, failure_);
  result.status = failure_.status;
  result.changes.clear();
  result.standing = Landing{operation.id, current ? current->version : 0, current ? current->seq : 0};
  result.error = std::move(failure_.error);
}

}  // namespace

MutationResult apply_mutation(Store& store, const Collection& collection, ScopeRow& scope,
                              const Mutation& mutation, const Writer& writer, std::int64_t now_ms) {
  MutationResult result;
  result.n = writer.n;
  Mutator mutator(store, collection, scope, writer, now_ms);
  const ScopeRow before = scope;
  if (mutation.group) store.savepoint();
  const auto failed = mutator.apply(mutation, result);
  if (mutation.group) {
    if (failed) {
      store.rollback_to();
      scope = before;
      result.op = *failed;
    } else {
      store.release();
    }
  }
  if (failed) mutator.note_failure(mutation.operations[*failed], result);
  return result;
}

}  // namespace msync
