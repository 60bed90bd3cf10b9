// A delta's JSON text just as encode(const Delta&) writes it, read in one pass without building a tree: a reader that
// catches up spends most of its time here.
//
// decode_delta() asks this first. It judges nothing: a text in any other form, however right, gives nothing, and the
// strict reader says what it is or what is wrong with it. So whatever this reads, both read alike, and no fault is
// described twice.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "core/message.h"

namespace msync {

/// The delta; nothing for a text that is not well-formed UTF-8, has members in another order or white space, holds a
/// document whose members are not sorted, a number or an escape in another form than to_text() has, or outcomes.
std::optional<Delta> scan_delta(std::string_view text);

/// What contradicts itself in a delta's range: changes outside it or out of order would be applied wrongly. Null if
/// nothing does.
const char* disorder(const Delta& delta);

}  // namespace msync
