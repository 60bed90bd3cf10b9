// The record of one write that met a change it had not seen: what an operator reads to see who wrote against whom,
// and what was lost. docs/conflicts.md, "Records". Pure.
#pragma once

#include <optional>

#include "bridge/store/records.h"
#include "core/reconcile.h"

namespace msync {

/// Nothing where there is nothing to tell: the write saw all that stood, or it is a nameless writer's (a sensor's)
/// that took the place of that very user's last nameless one. `current` is what stood before, null where the id was
/// unknown. A document above limits::conflict_document_bytes is replaced by its size.
std::optional<ConflictRecord> conflict_record(const Operation& operation, const Writer& writer,
                                              const Entity* current, const Decision& decision,
                                              std::int64_t at_ms);

}  // namespace msync
