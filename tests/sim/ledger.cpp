#include "tests/sim/ledger.h"

#include <algorithm>

#include "core/address.h"
#include "core/operators.h"
#include "tests/sim/rules.h"
#include "tests/sim/violation.h"

namespace msync::sim {
namespace {

MutationKey key_of(const Fact& fact) {
  return {fact.entity.by, fact.entity.by_src, fact.scope, fact.entity.by_n};
}

std::string name_of(const Fact& fact) {
  return fact.scope + "/" + fact.id + " version " + std::to_string(fact.entity.version) + " seq " +
         std::to_string(fact.entity.seq);
}

/// The operations of this mutation on this id, in order.
std::vector<const Operation*> on_id(const Mutation& mutation, const std::string& id) {
  std::vector<const Operation*> found;
  for (const Operation& operation : mutation.operations) {
    if (operation.id == id) found.push_back(&operation);
  }
  return found;
}

/// A property must be what was asked for, or, where another's change may have won it, what it was.
void check_property(const Fact& fact, const std::string& name, const Json& before, const Json& asked,
                    bool may_stay) {
  const auto found = fact.entity.data.find(name);
  const Json after = found == fact.entity.data.end() ? Json() : *found;
  require(after == asked || (may_stay && after == before), 1,
          name_of(fact) + ": property " + name + " is " + after.dump() + ", asked was " + asked.dump());
}

Json property(const Json& document, const std::string& name) {
  const auto found = document.find(name);
  return found == document.end() ? Json() : *found;
}

/// What the protocol says of each operator, in three lines each.
Json operated(const Json& before, Operator op, const Json& argument) {
  if (op == Operator::counter)
    return (before.is_null() ? 0 : before.get<std::int64_t>()) + argument["$inc"].get<std::int64_t>();
  if (op == Operator::max || op == Operator::min) {
    const Json& value = argument[op == Operator::max ? "$max" : "$min"];
    if (before.is_null()) return value;
    return op == Operator::max ? std::max(before, value) : std::min(before, value);
  }
  Json set = before.is_null() ? Json::array() : before;
  for (const Json& gone : argument.value("$remove", Json::array())) {
    const auto at = std::find(set.begin(), set.end(), gone);
    if (at != set.end()) set.erase(at);
  }
  for (const Json& more : argument.value("$add", Json::array())) {
    if (std::find(set.begin(), set.end(), more) == set.end()) set.push_back(more);
  }
  return set;
}

void check_patch(const Fact& fact, const Collection& collection, const Json& before,
                 const Operation& operation) {
  const bool may_stay = collection.conflict == Conflict::merge;
  for (const auto& [name, asked] : operation.data.items()) {
    const auto op = collection.operators.find(name);
    if (op == collection.operators.end()) {
      check_property(fact, name, property(before, name), asked, may_stay);
    } else {
      const Json after = property(fact.entity.data, name);
      require(after == operated(property(before, name), op->second, asked), 1,
              name_of(fact) + ": " + asked.dump() + " on " + property(before, name).dump() + " gave " +
                  after.dump());
    }
  }
  for (const auto& [name, stood] : before.items()) {
    if (!operation.data.contains(name)) check_property(fact, name, stood, stood, false);
  }
}

void check_put(const Fact& fact, const Collection& collection, const Entity* before,
               const Operation& operation) {
  const bool creates = before == nullptr || before->deleted;
  const Json standing = creates ? Json::object() : before->data;
  const bool may_stay = !creates && collection.conflict == Conflict::merge;
  std::set<std::string> names;
  for (const Json& document : {operation.data, standing, fact.entity.data}) {
    for (const auto& item : document.items()) names.insert(item.key());
  }
  for (const std::string& name : names) {
    const bool stays = !creates && collection.operators.contains(name);
    const Json stood = property(standing, name);
    check_property(fact, name, stood, stays ? stood : property(operation.data, name), may_stay);
  }
}

}  // namespace

std::string to_string(const MutationKey& key) {
  return key.user + "'s " + key.src + " n " + std::to_string(key.n) + " in " + key.scope;
}

void Ledger::commit(const std::vector<Fact>& facts) {
  std::map<MutationKey, std::size_t> made;
  for (const Fact& fact : facts) {
    const MutationKey key = key_of(fact);
    require(!state_.made.contains(key), 2,
            to_string(key) + " was applied before; now again as " + name_of(fact));
    const Mutation* asked = asked_(key);
    require(asked != nullptr, 2, name_of(fact) + " was asked for by nobody: " + to_string(key));
    const auto operations = on_id(*asked, fact.id).size();
    require(made[key] < asked->operations.size() && operations > 0, 2,
            to_string(key) + " made more changes than it asked for");
    made[key] += 1;
    add(fact);
  }
  for (const auto& [key, count] : made) state_.made[key] += count;
}

void Ledger::add(const Fact& fact) {
  Scope& scope = state_.scopes[fact.scope];
  require(fact.entity.seq == scope.facts.size() + 1, 3,
          name_of(fact) + ": the seq before was " + std::to_string(scope.facts.size()));
  const auto found = scope.now.find(fact.id);
  const Entity* before = found == scope.now.end() ? nullptr : &found->second;
  auto& last = scope.versions[fact.id];
  require(before ? fact.entity.version == before->version + 1 : fact.entity.version > last, 3,
          name_of(fact) + ": the version before was " + std::to_string(last));
  last = fact.entity.version;
  check_return(fact, scope, before);
  check_effect(fact, before, 0);
  if (before && !before->deleted) {
    scope.digest.remove(fact.id, before->version, before->ts, before->by);
    scope.count -= 1;
  }
  if (!fact.entity.deleted) {
    scope.digest.add(fact.id, fact.entity.version, fact.entity.ts, fact.entity.by);
    scope.count += 1;
  } else {
    scope.buried[fact.id] = fact.entity.put;
  }
  scope.facts.push_back(fact);
  scope.digests.push_back(scope.digest.hex());
  scope.now[fact.id] = fact.entity;
}

/// Alive again only by a put that saw the tombstone, is its writer's, or is newer; after a purge by one that expects
/// nothing to be there.
void Ledger::check_return(const Fact& fact, const Scope& scope, const Entity* before) const {
  const auto buried = scope.buried.find(fact.id);
  if (fact.entity.deleted || (before && !before->deleted) || buried == scope.buried.end()) return;
  const Mutation* asked = asked_(key_of(fact));
  const bool allowed =
      std::any_of(asked->operations.begin(), asked->operations.end(), [&](const Operation& operation) {
        if (operation.id != fact.id) return false;
        const std::uint64_t base = operation.base.value_or(0);
        if (before == nullptr) return base == 0 && (operation.op == Op::put || operation.base.has_value());
        if (operation.op != Op::put) return false;
        const bool own = fact.entity.by == before->user && fact.entity.by_src == before->src;
        const Clock mine{operation.ts.value_or(0), fact.entity.by_src};
        return base == before->version || own ||
               std::pair(mine.ts, mine.src) > std::pair(buried->second.ts, buried->second.src);
      });
  require(allowed, 6, name_of(fact) + " came back by itself");
}

void Ledger::check_effect(const Fact& fact, const Entity* before, std::size_t) const {
  const Mutation* asked = asked_(key_of(fact));
  const auto operations = on_id(*asked, fact.id);
  if (operations.size() != 1)
    return;  // a group that does two things to one entity: its parts are not told apart
  const Operation& operation = *operations.front();
  require(fact.entity.deleted == (operation.op == Op::remove), 1,
          name_of(fact) + ": deleted, or not, unasked");
  if (fact.entity.deleted) return;
  const Collection* collection = classify_scope(collections_, fact.scope).collection;
  if (operation.op == Op::put) return check_put(fact, *collection, before, operation);
  check_patch(fact, *collection, before && !before->deleted ? before->data : Json::object(), operation);
}

/// The oldest first, as the store does it.
void Ledger::purge(const std::string& topic, std::uint64_t up_to_seq, std::size_t count) {
  Scope& scope = state_.scopes[topic];
  std::map<std::uint64_t, std::string> tombstones;
  for (const auto& [id, entity] : scope.now) {
    if (entity.deleted && entity.seq <= up_to_seq) tombstones.emplace(entity.seq, id);
  }
  for (const auto& [seq, id] : tombstones) {
    if (count-- == 0) break;
    scope.now.erase(id);
    scope.horizon = seq;
  }
}

void Ledger::note_result(const MutationKey& key, const MutationResult& result) {
  require(!state_.results.contains(key), 8, to_string(key) + " was used up twice");
  const std::size_t made = changes(key);
  require(stored(result.status) || made == 0, 1, to_string(key) + " was refused, and changed something");
  require(!stored(result.status) || made == result.changes.size(), 1,
          to_string(key) + " says " + std::to_string(result.changes.size()) + " changes and made " +
              std::to_string(made));
  for (const Landing& landing : result.changes) {
    const auto& facts = scope(key.scope).facts;
    require(landing.seq >= 1 && landing.seq <= facts.size() && facts[landing.seq - 1].id == landing.id &&
                facts[landing.seq - 1].entity.version == landing.version,
            1, to_string(key) + ": it is not where the ack says");
  }
  const Mutation* asked = asked_(key);
  const Collection* collection = classify_scope(collections_, key.scope).collection;
  if (asked != nullptr && asked->operations.size() == 1)
    check_rules(scope(key.scope), collection->conflict, key, asked->operations.front(), result);
  state_.results.emplace(key, result);
}

const Ledger::Scope& Ledger::scope(const std::string& topic) const {
  static const Scope empty;
  const auto found = state_.scopes.find(topic);
  return found == state_.scopes.end() ? empty : found->second;
}

const MutationResult* Ledger::result(const MutationKey& key) const {
  const auto found = state_.results.find(key);
  return found == state_.results.end() ? nullptr : &found->second;
}

std::size_t Ledger::changes(const MutationKey& key) const {
  const auto found = state_.made.find(key);
  return found == state_.made.end() ? 0 : found->second;
}

}  // namespace msync::sim
