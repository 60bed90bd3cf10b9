// Names that nobody else has, and dice. They need not be secret. Any thread.
#pragma once

#include <string>

namespace msync::client {

/// In [0, 1).
double random_unit();

/// 24 of [0-9a-z].
std::string random_name();

}  // namespace msync::client
