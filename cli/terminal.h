// What stdout is.
#pragma once

#include <cstddef>

namespace msync {

/// Characters in a line of the terminal that stdout is; 0 where it is none, and nothing should be cut.
std::size_t terminal_width();

}  // namespace msync
