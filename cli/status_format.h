// How `status` shows what the bridge says of itself.
#pragma once

#include <cstddef>
#include <string>

#include "core/json.h"

namespace msync {

/// The document of GET /status.json (docs/operations.md, "Status") as lines for a person, each cut to `width` characters
/// (0: not cut). What is missing, or of another type, is shown as nothing.
std::string status_text(const Json& status, std::size_t width);

}  // namespace msync
