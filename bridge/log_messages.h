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

/// From which boot on the changes' heads may be missing at the broker, by the retained status that it had: 0, all of
/// them, if it had none, or one of another history. What changed before a boot was announced is with the broker that
/// knows of this boot.
std::uint64_t heads_lost_since(const std::optional<std::string>& retained_status,
                               const StoreIdentity& identity);

}  // namespace msync
