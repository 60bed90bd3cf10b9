#include "core/merge.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace msync {
namespace {

void forget_oldest_removals(PropertyClocks& clocks, const Json& document) {
  std::vector<std::pair<std::uint64_t, std::string>> removed;
  for (const auto& [property, clock] : clocks) {
    if (!document.contains(property)) removed.emplace_back(clock.version, property);
  }
  if (removed.size() <= limits::removed_properties_kept) return;
  std::sort(removed.begin(), removed.end());
  removed.resize(removed.size() - limits::removed_properties_kept);
  for (const auto& [version, property] : removed) clocks.erase(property);
}

}  // namespace

bool wins(const Clock& mine, const Clock& theirs) {
  if (mine.src == theirs.src) return !mine.src.empty() || mine.ts >= theirs.ts;
  return std::tie(mine.ts, mine.src) > std::tie(theirs.ts, theirs.src);
}

Json merge_patch(Json target, const Json& patch) {
  target.merge_patch(patch);
  return target;
}

std::optional<Entity> with_property_clocks(const Collection& collection, const Entity& entity) {
  std::optional<Entity> whole;
  for (const auto& [property, value] : entity.data.items()) {
    if (collection.operators.contains(property) || entity.property_clock.contains(property)) continue;
    if (!whole) whole = entity;
    whole->property_clock[property] = PropertyClock{entity.edited, Clock{entity.ts, entity.src}};
  }
  return whole;
}

void set_property_clocks(Entity& entity, const Json& document, const Clock& clock) {
  for (const auto& [property, value] : document.items()) {
    entity.property_clock[property] = PropertyClock{entity.version, clock};
  }
  forget_oldest_removals(entity.property_clock, entity.data);
}

FieldMerge::FieldMerge(const Collection& collection, const Entity& current, std::uint64_t base,
                       const Clock& clock)
    : collection_(collection),
      current_(current),
      base_(base),
      clock_(clock),
      document_(current.data),
      clocks_(current.property_clock) {}

/// Without a clock there is only what the document never had, or lost long ago, or has as an operator's.
PropertyClock FieldMerge::standing(const std::string& property) const {
  const auto found = current_.property_clock.find(property);
  return found != current_.property_clock.end() ? found->second : PropertyClock{};
}

/// If the write wins this property, its clock is moved and the caller sets the value.
bool FieldMerge::takes(const std::string& property) {
  const PropertyClock stands = standing(property);
  const bool unseen = stands.version > base_;
  if (unseen && !wins(clock_, stands.clock)) {
    lost_ = true;
    return false;
  }
  // A clock that was set back to the broker's must not make the property easier to beat than it was.
  const std::int64_t ts =
      unseen ? clock_.ts : std::max(clock_.ts, stands.clock.ts + (stands.version ? 1 : 0));
  clocks_[property] = PropertyClock{current_.version + 1, Clock{ts, clock_.src}};
  won_ = true;
  return true;
}

void FieldMerge::patch(const Json& plain) {
  for (const auto& [property, value] : plain.items()) {
    if (takes(property)) document_.merge_patch(Json{{property, value}});
  }
  forget_oldest_removals(clocks_, document_);
}

void FieldMerge::put(const Json& document) {
  for (const auto& [property, value] : document.items()) {
    if (!collection_.operators.contains(property) && takes(property)) document_[property] = value;
  }
  for (const auto& [property, value] : current_.data.items()) {
    const bool unnamed = !document.contains(property) && !collection_.operators.contains(property);
    const PropertyClock stands = standing(property);
    const bool own = !clock_.src.empty() && stands.clock.src == clock_.src;
    if (!unnamed || (stands.version > base_ && !own)) continue;
    document_.erase(property);  // and its clock stays: see set_property_clocks()
    won_ = true;
  }
  forget_oldest_removals(clocks_, document_);
}

std::optional<Json> FieldMerge::document() const {
  return won_ ? std::optional<Json>(document_) : std::nullopt;
}

}  // namespace msync
