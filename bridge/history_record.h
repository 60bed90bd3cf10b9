// The row of history of one change, for collections that ask for it (`x-sync.history`). Pure.
#pragma once

#include <optional>

#include "bridge/store/records.h"
#include "core/reconcile.h"

namespace msync {

/// `after` is the entity as it is stored, its seq given.
HistoryRecord history_record(const Operation& operation, const Writer& writer,
                             const std::optional<Entity>& before, const Entity& after, std::int64_t at_ms);

/// put, patch, delete or noop: as on the wire.
const char* op_name(Op op);

}  // namespace msync
