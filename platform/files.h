// Files that the plugin, the bridge and the command line read. Throws nothing; every failure is a message that
// names the file and what to do. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/collection.h"
#include "core/jwks.h"

namespace msync {

/// The whole file. Code::bad_config if it cannot be read or is larger than `max_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 16 * 1024 * 1024);

/// Puts `bytes` in the place of the file, whole or not at all: written beside it, synced, renamed. What is wrong, as
/// Code::bad_config; nothing if all went well.
std::optional<Error> replace_file(const std::string& path, std::string_view bytes, unsigned mode);

/// The HS256 key in a secret file. A file that others may write is refused; one that others may read is not
/// (the broker's user and the bridge's may share a group), `warning` then says so.
Result<std::string> read_secret(const std::string& path, std::string* warning = nullptr);

/// The keys of a JWKS file, with what is wrong with them and with the file. One that others may write is refused;
/// others may read it, unless it holds a secret: then there is a warning.
KeySet::Loaded load_keys(const std::string& path);

/// What a file looks like from outside: when two of them differ, it has been replaced, changed, or made readable.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  // 0: there is none
  std::int64_t bytes = 0;
  std::int64_t written_ns = 0;  // mtime
  std::int64_t changed_ns = 0;  // ctime

  bool operator==(const FileMark&) const = default;
};
FileMark mark_of(const std::string& path);

/// Every *.json directly inside the folder, as a collection. No file at all is a problem too.
Collections::Loaded load_schemas(const std::string& folder);

}  // namespace msync
