// Files that the plugin, the bridge and the command line read. Throws nothing; every failure is a message that
// names the file and what to do. Any thread.
#pragma once

#include <string>
#include <vector>

#include "core/collection.h"

namespace msync {

/// The whole file. Code::bad_config if it cannot be read or is larger than `max_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 16 * 1024 * 1024);

/// The HS256 key in a secret file. A file that others may write is refused; one that others may read is not
/// (the broker's user and the bridge's may share a group), `warning` then says so.
Result<std::string> read_secret(const std::string& path, std::string* warning = nullptr);

/// Every *.json directly inside the folder, as a collection. No file at all is a problem too.
Collections::Loaded load_schemas(const std::string& folder);

}  // namespace msync
