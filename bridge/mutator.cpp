#include "bridge/mutator.h"

namespace msync {
namespace {

struct Step {
  Decision decision;
  Landing landing;  // after the step: where the entity stands
};

void account(ScopeRow& scope, const std::string& id, const std::optional<Entity>& before,
             const Entity& after) {
  if (before && !before->deleted) {
    scope.digest.remove(id, before->version, before->ts, before->by);
    scope.count -= 1;
  }
  if (!after.deleted) {
    scope.digest.add(id, after.version, after.ts, after.by);
    scope.count += 1;
  }
}

Step apply_operation(Store& store, const Collection& collection, ScopeRow& scope, const Operation& operation,
                     const Writer& writer, std::int64_t now_ms) {
  if (operation.fault || operation.op == Op::noop) {
    return {reconcile(collection, nullptr, operation, writer, scope.horizon), {operation.id, 0, 0}};
  }
  const std::optional<Entity> current = store.entity(scope.id, operation.id);
  Step step{reconcile(collection, current ? &*current : nullptr, operation, writer, scope.horizon),
            {operation.id, current ? current->version : 0, current ? current->seq : 0}};
  if (!step.decision.entity) return step;
  Entity& entity = *step.decision.entity;
  scope.seq += 1;
  entity.seq = scope.seq;
  account(scope, operation.id, current, entity);
  store.save(scope.id, operation.id, entity, now_ms);
  step.landing = {operation.id, entity.version, entity.seq};
  return step;
}

void fail(MutationResult& result, Step&& step, std::optional<std::size_t> op) {
  result.status = step.decision.status;
  result.changes.clear();
  result.op = op;
  result.standing = std::move(step.landing);
  result.error = std::move(step.decision.error);
}

/// True if every operation was stored.
bool apply_all(Store& store, const Collection& collection, ScopeRow& scope, const Mutation& mutation,
               const Writer& writer, std::int64_t now_ms, MutationResult& result) {
  for (std::size_t i = 0; i < mutation.operations.size(); ++i) {
    Step step = apply_operation(store, collection, scope, mutation.operations[i], writer, now_ms);
    if (!stored(step.decision.status)) {
      fail(result, std::move(step), mutation.group ? std::optional(i) : std::nullopt);
      return false;
    }
    if (step.decision.status == Status::merged) result.status = Status::merged;
    if (step.decision.entity) result.changes.push_back(std::move(step.landing));
  }
  return true;
}

}  // namespace

MutationResult apply_mutation(Store& store, const Collection& collection, ScopeRow& scope,
                              const Mutation& mutation, const Writer& writer, std::int64_t now_ms) {
  MutationResult result;
  result.n = writer.n;
  if (!mutation.group) {
    apply_all(store, collection, scope, mutation, writer, now_ms, result);
    return result;
  }
  const ScopeRow before = scope;
  store.savepoint();
  if (apply_all(store, collection, scope, mutation, writer, now_ms, result)) {
    store.release();
  } else {
    store.rollback_to();
    scope = before;
  }
  return result;
}

}  // namespace msync
