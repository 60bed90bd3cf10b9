// Reconciliation: what becomes of one write. Version first, clock only for what is truly concurrent.
//
// One pure function of (policy, what stands, operation, who and when): no I/O, no clock, no database. The
// whole rule book is docs/conflicts.md; reconcile.cpp follows its order. The pipeline calls it inside a
// transaction, the simulator and the property tests call it millions of times. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/collection.h"
#include "core/message.h"

namespace msync {

/// When and by which replica something was last set. Compared by ts, then src (as bytes).
struct Clock {
  std::int64_t ts = 0;
  std::string src;  // empty for a writer without a replica

  bool operator==(const Clock&) const = default;
};

/// A top-level property's last change; kept for removed properties too (`merge` only).
struct PropertyClock {
  std::uint64_t version = 0;  // of the entity when the property changed
  Clock clock;

  bool operator==(const PropertyClock&) const = default;
};

/// One stored entity, alive or a tombstone.
struct Entity {
  std::uint64_t version = 0;
  std::uint64_t edited = 0;  // version of the last change that was not operators only
  std::uint64_t seq = 0;     // of the newest change
  std::int64_t ts = 0;       // ts, user, src of the last edit
  std::string user;
  std::string src;
  std::string by;  // by, by_src, by_n of the newest change, operators included
  std::string by_src;
  std::uint64_t by_n = 0;
  Clock put;  // of the last put, create or delete
  bool deleted = false;
  Json data;                                                         // null when deleted
  std::map<std::string, PropertyClock, std::less<>> property_clock;  // `merge` only

  bool operator==(const Entity&) const = default;
};

/// Who writes, and when the broker received it.
struct Writer {
  std::string user;
  std::string src;  // empty: none
  std::uint64_t n = 0;
  std::int64_t at_ms = 0;
};

/// What reconcile decided. `entity` is set exactly if something changes: the new row, its seq still to be
/// given.
struct Decision {
  Status status = Status::applied;
  std::optional<Entity> entity;
  std::optional<Error> error;  // conflict, rejected, superseded
  /// The write met a change that it had not seen. So everything merged, superseded or conflict did, and a put,
  /// patch or delete that was `applied`, or found unfit, after its clock was asked.
  bool concurrent = false;
};

/// `current` is null for an unknown id; `horizon` is the scope's, above which a created entity's version
/// starts. `operation.fault`, if set, is returned as `rejected`. A noop decides `applied` without a change.
Decision reconcile(const Collection& collection, const Entity* current, const Operation& operation,
                   const Writer& writer, std::uint64_t horizon);

/// What every document of the collection must be: fit its schema (`invalid`) and its max_bytes (`too_large`).
std::optional<Error> unfit(const Collection& collection, const Json& document);

/// RFC 7396: `target` with `patch` applied.
Json merge_patch(Json target, const Json& patch);

/// True if the patch carries an operator for some property of this collection, or an object that looks like
/// one.
bool has_operators(const Collection& collection, const Json& patch);

}  // namespace msync
