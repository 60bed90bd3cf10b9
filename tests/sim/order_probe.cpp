#include "tests/sim/order_probe.h"

#include <algorithm>

#include "bridge/mutator.h"
#include "tests/sim/choices.h"
#include "tests/sim/violation.h"

namespace msync::sim {
namespace {

struct Write {
  Mutation mutation;
  Writer writer;
};

/// Which writes the promise is about: under `lww` puts and deletes, under `merge` patches, increments always.
Operation make_operation(Choices& choices, Conflict conflict, bool increments, int value) {
  Operation operation;
  operation.op = Op::patch;
  const std::string property(1, static_cast<char>('a' + choices.below(2)));
  if (increments) {
    operation.data = {{"likes", {{"$inc", -1 - value}}}};
  } else if (conflict == Conflict::merge) {
    operation.data = {{property, choices.chance(25) ? Json() : Json(value)}};
  } else {
    operation.op = choices.chance(30) ? Op::remove : Op::put;
    if (operation.op == Op::put) operation.data = {{property, value}};
  }
  return operation;
}

/// Is what came meanwhile of the kind that the promise is about? (A patch that beats a put, which beats a delete,
/// which beats the patch, are no order at all.)
bool promised(Conflict conflict, const Entity& entity) {
  if (entity.edited != entity.version) return true;  // operators only
  const bool put = entity.put == Clock{entity.ts, entity.src};
  return conflict == Conflict::merge ? !put : put;
}

std::vector<Write> make_writes(Choices& choices, const Collection& collection, const Fact& seen,
                               const std::string& id, std::int64_t now_ms) {
  const bool increments = collection.conflict == Conflict::reject || choices.chance(20);
  std::vector<Write> writes;
  const int count = 2 + choices.below(2);
  for (int i = 0; i < count; ++i) {
    Operation operation = make_operation(choices, collection.conflict, increments, i);
    operation.id = id;
    operation.base = seen.entity.version;
    // Later than what was seen, not clamped, and often the same as another's.
    const std::int64_t room = now_ms + limits::max_skew_ms - seen.entity.ts;
    operation.ts = seen.entity.ts + 1 + (room > 4 ? choices.below(3) : 0);
    const std::string src =
        "probe-" + std::string(10, static_cast<char>('a' + (i * 7 + choices.below(2)) % 26));
    writes.push_back({{{operation}, false}, {"prober" + std::to_string(i), src, 1, now_ms}});
  }
  return writes;
}

bool increments_only(const std::vector<Write>& writes) {
  return writes.front().mutation.operations.front().data.contains("likes");
}

std::string outcome(Store& store, const Collection& collection, const std::string& topic,
                    const std::string& id, const std::vector<Write>& writes,
                    const std::vector<std::size_t>& order) {
  store.savepoint();
  ScopeRow row = store.scope(topic, collection.name);
  for (const std::size_t i : order) {
    // No savepoint inside a savepoint: groups are not asked about here.
    apply_mutation(store, collection, row, writes[i].mutation, writes[i].writer, writes[i].writer.at_ms);
  }
  const auto entity = store.entity(row.id, id);
  store.rollback_to();
  if (!entity || entity->deleted) return "deleted";
  Json data = entity->data;
  // A delete between two puts starts counters anew: where deletes are among the writes these are not promised.
  if (collection.conflict == Conflict::lww && !increments_only(writes)) {
    for (const auto& [property, op] : collection.operators) data.erase(property);
  }
  return data.dump();
}

}  // namespace

void probe_order(Store& store, const Collection& collection, const std::string& topic, const std::string& id,
                 const Ledger& ledger, std::uint64_t dice, std::int64_t now_ms) {
  const Ledger::Scope& scope = ledger.scope(topic);
  const auto found = scope.now.find(id);
  if (found == scope.now.end() || found->second.deleted) return;
  Choices choices(dice);
  // What all of them saw: what stands, or an earlier version of the same life.
  std::vector<const Fact*> life;
  for (const Fact& fact : scope.facts) {
    if (fact.id != id) continue;
    if (fact.entity.deleted)
      life.clear();
    else
      life.push_back(&fact);
  }
  const std::size_t back = choices.below(std::min<std::uint64_t>(life.size(), 3));
  const Fact& seen = *life[life.size() - 1 - back];
  for (std::size_t i = life.size() - back; i < life.size(); ++i) {
    if (!promised(collection.conflict, life[i]->entity)) return;
  }
  if (seen.entity.ts + 4 > now_ms + limits::max_skew_ms) return;
  const auto writes = make_writes(choices, collection, seen, id, now_ms);
  std::vector<std::size_t> order(writes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  store.begin();
  const std::string first = outcome(store, collection, topic, id, writes, order);
  std::string differs;
  while (differs.empty() && std::next_permutation(order.begin(), order.end())) {
    const std::string now = outcome(store, collection, topic, id, writes, order);
    if (now != first) differs = now;
  }
  store.rollback();
  if (differs.empty()) return;
  std::string asked;
  for (const Write& write : writes)
    asked += " " + encode(InMessage{"", "", 0, {write.mutation}}) + " by " + write.writer.src;
  throw Violation(5, topic + "/" + id + ": one order of arrival ends with " + first + ", another with " +
                         differs + ":" + asked);
}

}  // namespace msync::sim
