#include "core/reconcile.h"

#include <algorithm>
#include <tuple>

#include "core/merge.h"
#include "core/operators.h"

namespace msync {
namespace {

/// One write with everything that judging it takes.
struct Write {
  const Collection& collection;
  const Operation& operation;
  const Writer& writer;
  Clock clock;  // clamped

  std::uint64_t base() const { return operation.base.value_or(0); }
};

/// `own`: the base is older, but the last edit was the writer's.
enum class Relation { sequential, own, ahead, concurrent };

Clock clamped_clock(const Operation& operation, const Writer& writer) {
  const std::int64_t ts = operation.ts.value_or(writer.at_ms);
  return Clock{ts > writer.at_ms + limits::max_skew_ms ? writer.at_ms : ts, writer.src};
}

/// `ahead` comes first: a base that never existed is a mistake whoever makes it.
Relation relation_of(const Write& write, const Entity& current) {
  const auto& base = write.operation.base;
  if (base && *base > current.version) return Relation::ahead;
  if (base && *base >= current.edited) return Relation::sequential;
  const bool own =
      !write.writer.src.empty() && write.writer.src == current.src && write.writer.user == current.user;
  return own ? Relation::own : Relation::concurrent;
}

/// A writer never loses to itself. Under `merge` its last edit may stand beside other replicas' newer fields, so
/// there the fields are asked one by one, and the writer's own give way to it.
bool accepted(const Write& write, Relation relation) {
  return relation == Relation::sequential ||
         (relation == Relation::own && write.collection.conflict != Conflict::merge);
}

Decision rejected(Error error) {
  return Decision{Status::rejected, std::nullopt, std::move(error)};
}

/// The write met a change that it had not seen.
Decision met(Decision decision) {
  decision.concurrent = true;
  return decision;
}

Decision superseded(std::string why) {
  return met(Decision{Status::superseded, std::nullopt, Error{Code::conflict, std::move(why), ""}});
}

std::string standing(const Entity& current) {
  if (current.deleted) return "it was deleted meanwhile";
  return "version " + std::to_string(current.version) + " stands";
}

Decision superseded(const Entity& current) {
  return superseded(standing(current) + (current.deleted ? "" : ", which is newer"));
}

Decision unchanged() {
  return Decision{};
}

Decision conflict(const Entity& current) {
  return met(Decision{Status::conflict, std::nullopt, Error{Code::conflict, standing(current), ""}});
}

Decision ahead(const Write& write, const Entity& current) {
  return rejected(Error{Code::version_ahead,
                        "base " + std::to_string(write.base()) + " is above version " +
                            std::to_string(current.version) + ", which stands",
                        ""});
}

/// A new version by this writer. What of the clocks moves is the caller's to say.
void touch(Entity& entity, const Write& write) {
  entity.version += 1;
  entity.by = write.writer.user;
  entity.by_src = write.writer.src;
  entity.by_n = write.writer.src.empty() ? 0 : write.writer.n;
}

/// touch(), and it was an edit: not operators only.
void edit(Entity& entity, const Write& write, std::int64_t ts) {
  touch(entity, write);
  entity.edited = entity.version;
  entity.ts = ts;
  entity.user = write.writer.user;
  entity.src = write.writer.src;
}

std::int64_t later_than(const Entity& current, const Clock& clock) {
  return std::max(clock.ts, current.ts + 1);
}

Decision store(const Write& write, Status status, Entity entity) {
  if (!entity.deleted) {
    if (auto error = unfit(write.collection, entity.data)) return rejected(std::move(*error));
  }
  return Decision{status, std::move(entity), std::nullopt};
}

/// The whole document as the put gives it; operator properties count, because the put creates.
Decision create(const Write& write, const Json& document, std::uint64_t version_before, std::int64_t ts) {
  Entity entity;
  entity.version = version_before;
  edit(entity, write, ts);
  entity.put = Clock{ts, write.writer.src};
  entity.data = document;
  if (write.collection.conflict == Conflict::merge) {
    set_property_clocks(entity, document, Clock{ts, write.writer.src});
  }
  return store(write, Status::applied, std::move(entity));
}

Decision bury(const Write& write, const Entity& current, std::int64_t ts) {
  Entity entity = current;
  edit(entity, write, ts);
  entity.put = Clock{ts, write.writer.src};
  entity.deleted = true;
  entity.data = nullptr;
  entity.property_clock.clear();
  return store(write, Status::applied, std::move(entity));
}

// ---- Unknown id -------------------------------------------------------------------------------------------

Decision on_unknown(const Write& write, std::uint64_t horizon) {
  const auto& operation = write.operation;
  if (operation.op == Op::remove) return unchanged();
  const bool patch = operation.op == Op::patch;
  // A base above 0 says that it existed: it was purged. A blind patch cannot know what it would create.
  if (write.base() > 0) return superseded("it was deleted, and forgotten since");
  if (patch && !operation.base) return superseded("there is nothing to patch; base 0 would create it");
  if (!patch) return create(write, operation.data, horizon, write.clock.ts);
  auto split = split_patch(write.collection, operation.data);
  if (!split) return rejected(split.error());
  auto document = apply_operators(merge_patch(Json::object(), split->plain), split->operators);
  if (!document) return rejected(document.error());
  return create(write, *document, horizon, write.clock.ts);
}

// ---- Tombstone --------------------------------------------------------------------------------------------

Decision on_tombstone(const Write& write, const Entity& current) {
  const Relation relation = relation_of(write, current);
  if (relation == Relation::ahead) return ahead(write, current);
  if (write.operation.op == Op::patch) return superseded(current);
  const bool put = write.operation.op == Op::put;
  const bool refuses = write.collection.conflict == Conflict::reject;
  if (relation == Relation::sequential || relation == Relation::own) {
    const std::int64_t ts = later_than(current, write.clock);
    return put ? create(write, write.operation.data, current.version, ts) : bury(write, current, ts);
  }
  if (refuses) return put ? conflict(current) : met(unchanged());
  if (!wins(write.clock, current.put)) return put ? superseded(current) : met(unchanged());
  return met(put ? create(write, write.operation.data, current.version, write.clock.ts)
                 : bury(write, current, write.clock.ts));
}

// ---- A live entity ----------------------------------------------------------------------------------------

Decision on_delete(const Write& write, const Entity& current, Relation relation) {
  if (accepted(write, relation)) return bury(write, current, later_than(current, write.clock));
  if (write.collection.conflict == Conflict::reject) return conflict(current);
  // It beats every patch; among puts and deletes the clock decides.
  if (!wins(write.clock, current.put)) return superseded(current);
  Decision decision = bury(write, current, write.clock.ts);
  return relation == Relation::own ? decision : met(std::move(decision));
}

/// In a put, a property with an operator counts only where the put creates: what stands stays.
Json with_standing_operators(const Collection& collection, const Json& standing, Json document) {
  for (const auto& [property, op] : collection.operators) {
    const auto found = standing.find(property);
    if (found == standing.end()) {
      document.erase(property);
    } else {
      document[property] = *found;
    }
  }
  return document;
}

Decision replace(const Write& write, const Entity& current, const Json& document, std::int64_t ts) {
  Entity entity = current;
  edit(entity, write, ts);
  entity.put = Clock{ts, write.writer.src};
  entity.data = document;
  if (write.collection.conflict == Conflict::merge) {
    set_property_clocks(entity, document, entity.put);
  } else {
    entity.property_clock.clear();  // of a time when the collection merged: they would tell of older changes
  }
  return Decision{Status::applied, std::move(entity), std::nullopt};
}

Decision merged(const Write& write, const Entity& current, Relation relation, const FieldMerge& merge,
                const std::vector<SplitPatch::Apply>& operators) {
  auto document = merge.document();
  if (!document) return superseded(current);
  auto result = apply_operators(std::move(*document), operators);
  if (!result) return met(rejected(result.error()));
  Entity entity = current;
  edit(entity, write,
       relation == Relation::own ? later_than(current, write.clock) : std::max(current.ts, write.clock.ts));
  entity.data = std::move(*result);
  entity.property_clock = merge.clocks();
  if (write.operation.op == Op::put && wins(write.clock, current.put)) entity.put = write.clock;
  const bool whole = relation == Relation::own && !merge.lost();
  Decision decision = store(write, whole ? Status::applied : Status::merged, std::move(entity));
  return whole ? decision : met(std::move(decision));
}

Decision on_put(const Write& write, const Entity& current, Relation relation) {
  const Json document = with_standing_operators(write.collection, current.data, write.operation.data);
  // The request itself must fit, also one that a concurrent change will beat: it never will be stored.
  if (auto error = unfit(write.collection, document)) return rejected(std::move(*error));
  if (accepted(write, relation)) return replace(write, current, document, later_than(current, write.clock));
  switch (write.collection.conflict) {
    case Conflict::reject:
      return conflict(current);
    case Conflict::lww:
      if (!wins(write.clock, Clock{current.ts, current.src})) return superseded(current);
      return met(replace(write, current, document, write.clock.ts));
    case Conflict::merge:
      break;
  }
  FieldMerge merge(write.collection, current, write.base(), write.clock);
  merge.put(document);
  return merged(write, current, relation, merge, {});
}

Decision operators_only(const Write& write, const Entity& current, const SplitPatch& split) {
  auto document = apply_operators(current.data, split.operators);
  if (!document) return rejected(document.error());
  if (*document == current.data) return unchanged();
  Entity entity = current;
  touch(entity, write);
  entity.data = std::move(*document);
  return store(write, Status::applied, std::move(entity));
}

/// The patch on what stands, whatever the policy: it is sequential, or its clock has won.
Decision patch_standing(const Write& write, const Entity& current, const SplitPatch& split, Status status,
                        std::int64_t ts) {
  auto document = apply_operators(merge_patch(current.data, split.plain), split.operators);
  if (!document) return rejected(document.error());
  Entity entity = current;
  edit(entity, write, ts);
  entity.data = std::move(*document);
  if (write.collection.conflict == Conflict::merge) {
    set_property_clocks(entity, split.plain, Clock{ts, write.writer.src});
  } else {
    entity.property_clock.clear();  // as in replace()
  }
  return store(write, status, std::move(entity));
}

Decision on_patch(const Write& write, const Entity& current, Relation relation, const SplitPatch& split) {
  if (accepted(write, relation)) {
    return patch_standing(write, current, split, Status::applied, later_than(current, write.clock));
  }
  switch (write.collection.conflict) {
    case Conflict::reject:
      return conflict(current);
    case Conflict::lww:
      if (!wins(write.clock, Clock{current.ts, current.src})) return superseded(current);
      return met(patch_standing(write, current, split, Status::merged, write.clock.ts));
    case Conflict::merge:
      break;
  }
  FieldMerge merge(write.collection, current, write.base(), write.clock);
  merge.patch(split.plain);
  return merged(write, current, relation, merge, split.operators);
}

Decision on_live(const Write& write, const Entity& current) {
  SplitPatch split;
  if (write.operation.op == Op::patch) {
    auto parts = split_patch(write.collection, write.operation.data);
    if (!parts) return rejected(parts.error());
    split = std::move(*parts);
    // Operators are about what stands, so no base can be wrong for them.
    if (split.plain.empty()) return operators_only(write, current, split);
  }
  const Relation relation = relation_of(write, current);
  if (relation == Relation::ahead) return ahead(write, current);
  switch (write.operation.op) {
    case Op::put:
      return on_put(write, current, relation);
    case Op::patch:
      return on_patch(write, current, relation, split);
    case Op::remove:
      return on_delete(write, current, relation);
    case Op::noop:
      break;
  }
  return unchanged();
}

std::optional<Error> operator_in_put(const Collection& collection, const Json& document) {
  for (const auto& [property, op] : collection.operators) {
    const auto found = document.find(property);
    if (found != document.end() && looks_like_operator(*found)) {
      return Error{Code::bad_operator, "'" + property + "': operators stand in a patch, not in a put",
                   "/" + pointer_escape(property)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> unfit(const Collection& collection, const Json& document) {
  if (auto error = collection.schema->validate(document)) return error;
  const std::size_t size = to_text(document).size();
  if (size <= collection.max_bytes) return std::nullopt;
  return Error{Code::too_large,
               std::to_string(size) + " bytes; the collection allows " + std::to_string(collection.max_bytes),
               ""};
}

Decision reconcile(const Collection& collection, const Entity* current, const Operation& operation,
                   const Writer& writer, std::uint64_t horizon) {
  if (operation.fault) return rejected(*operation.fault);
  if (operation.op == Op::noop) return unchanged();
  if (operation.op == Op::put) {
    if (auto error = operator_in_put(collection, operation.data)) return rejected(std::move(*error));
  }
  const Write write{collection, operation, writer, clamped_clock(operation, writer)};
  if (!current) return on_unknown(write, horizon);
  if (current->deleted) return on_tombstone(write, *current);
  if (collection.conflict == Conflict::merge) {
    if (const auto whole = with_property_clocks(collection, *current)) return on_live(write, *whole);
  }
  return on_live(write, *current);
}

bool has_operators(const Collection& collection, const Json& patch) {
  return patch.is_object() && std::any_of(patch.items().begin(), patch.items().end(), [&](const auto& item) {
           return collection.operators.contains(item.key()) || looks_like_operator(item.value());
         });
}

}  // namespace msync
