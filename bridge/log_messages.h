// What the store's changes become on the broker: live deltas, heads, retained documents. docs/protocol.md, "Topics".
//
// Pure: the publisher sends them, the simulator too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "core/collection.h"
#include "mqtt/link.h"

namespace msync {

/// A cut delta (rid empty) as messages on T/log: itself, and behind one that reaches the head but is too large to be
/// retained an empty one that is. Only the first carries changes: the cursor moves when it is acknowledged.
std::vector<Publish> log_messages(Delta delta, const std::string& epoch, std::int64_t now_ms);

/// T/doc/<id> of each change, where the collection retains documents; nothing otherwise, or without collection.
std::vector<Publish> document_messages(const Collection* collection, const Delta& delta);

/// True if the retained status that the broker had (nothing: it had none) is not what the bridge last left there:
/// the broker lost its store or went back to an old one, and its heads with it.
bool heads_lost(const std::optional<std::string>& retained_status, const StoreIdentity& identity);

}  // namespace msync
