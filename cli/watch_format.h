// How `watch` shows a change: a line for a person, or a line of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/cpp/core/events.h"

namespace msync {

/// create, put, patch or delete; have and gone for what a snapshot tells.
const char* operation_of(const client::ConfirmedChange& event);

/// seq, version, operation, id, by and the data, cut to `width` characters; 0: not cut.
std::string change_line(const client::ConfirmedChange& event, std::size_t width);

/// The same as one line of JSON, with the whole document.
std::string change_json(const client::ConfirmedChange& event);

/// At most `width` characters of UTF-8, the last an ellipsis where some were cut. Control characters of any kind are
/// shown as \u00xx: what others wrote must not move the cursor of who looks at it.
std::string for_terminal(std::string_view text, std::size_t width);

}  // namespace msync
