// What names a store: `sqlite:FILE`, or `sqlite::memory:NAME`.
#pragma once

#include <string>

#include "core/result.h"

namespace msync {

/// The absolute path of the file, symbolic links resolved: one lock for one database, however it is named. For a
/// store in memory its name as sqlite_db.h has it. Code::bad_config for an address of no known kind.
Result<std::string> sqlite_file(const std::string& address);

/// What is wrong with it, in a form that names it.
Error bad_address(const std::string& address, const std::string& why);

}  // namespace msync
