// Merging: RFC 7396 for documents, and field by field with clocks for concurrent writes (`conflict: merge`).
//
// Every top-level property has a clock: the version in which it last changed, and the (ts, src) of that
// change; removed properties too. A property that nobody changed after the writer's base takes the new value;
// one that was changed goes to the larger clock. What lies inside a property is not looked at: the property
// is the unit. Pure; any thread.
#pragma once

#include <optional>

#include "core/reconcile.h"

namespace msync {

using PropertyClocks = std::map<std::string, PropertyClock, std::less<>>;

/// Does `mine` beat `theirs`? By ts, then src. A replica's own later write always does, even where both
/// clocks were set to the broker's. Of two writers without a name and at one instant the later to arrive
/// wins.
bool wins(const Clock& mine, const Clock& theirs);

/// A live entity that was edited before its collection merged has no property clocks: its last edit stands for all of
/// them, also when the next one is another. The entity with those clocks; nothing where none is missing.
std::optional<Entity> with_property_clocks(const Collection& collection, const Entity& entity);

/// After an edit: every property that `document` (or a patch) names has this clock and the entity's version. One that a
/// whole document leaves out keeps the clock that it had: leaving out is no decision about it, and a concurrent write
/// that names it is newer than what both saw, so it stands in whichever order the two arrive.
void set_property_clocks(Entity& entity, const Json& document, const Clock& clock);

/// One concurrent write, merged into what stands.
class FieldMerge {
 public:
  /// `base` 0 where the write is blind. The arguments must outlive this object.
  FieldMerge(const Collection& collection, const Entity& current, std::uint64_t base, const Clock& clock);

  /// A merge patch without operators.
  void patch(const Json& plain);

  /// A whole document: a patch that also removes what it does not name and nobody but the writer changed since.
  void put(const Json& document);

  /// What it came to, or nothing if every property lost. Clocks are for version current.version + 1.
  std::optional<Json> document() const;
  const PropertyClocks& clocks() const { return clocks_; }

  /// Did any property stay as it was against the write's wish?
  bool lost() const { return lost_; }

 private:
  bool takes(const std::string& property);
  PropertyClock standing(const std::string& property) const;

  const Collection& collection_;
  const Entity& current_;
  std::uint64_t base_;
  Clock clock_;
  Json document_;
  PropertyClocks clocks_;
  bool won_ = false;
  bool lost_ = false;
};

}  // namespace msync
