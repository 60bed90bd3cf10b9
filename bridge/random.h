// Random names, from the operating system's generator.
#pragma once

#include <cstddef>
#include <string>

namespace msync {

/// 2 × `bytes` lower-case hex digits.
std::string random_hex(std::size_t bytes);

}  // namespace msync
