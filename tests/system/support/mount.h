// A file system that is small on purpose.
#pragma once

#include <string>

namespace msync::test {

/// Puts one in memory over this folder, seen by this process and its children only and gone with them. False without
/// the right to (not root). `options` as mount's, such as "size=1m".
bool mount_small(const std::string& where, const char* options);

}  // namespace msync::test
