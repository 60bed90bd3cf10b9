// From `--store` to a store: the only place that knows which kinds there are.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "bridge/store/sqlite_reader.h"
#include "bridge/store/sqlite_store.h"

namespace msync {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:";
constexpr std::string_view private_memory = ":memory:";

Error bad_address(const std::string& address, const std::string& why) {
  return {Code::bad_config, "--store \"" + address + "\": " + why};
}

bool is_memory_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.';
  });
}

/// The absolute path of the file, symbolic links resolved: one lock for one database, however it is named.
Result<std::string> sqlite_file(const std::string& address) {
  if (!address.starts_with(sqlite_prefix))
    return bad_address(
        address,
        "no store of a known kind; write sqlite:FILE, such as sqlite:/var/lib/mosquitto-sync/store.db");
  const std::string file = address.substr(sqlite_prefix.size());
  if (file.empty()) return bad_address(address, "no file is named; write sqlite:FILE");
  if (sqlite::in_memory(file)) {
    if (is_memory_name(std::string_view(file).substr(private_memory.size()))) return file;
    return bad_address(address, "the name of a store in memory has letters, digits, '-', '_' and '.' only");
  }
  std::error_code failed;
  if (std::filesystem::is_directory(file, failed))
    return bad_address(address, "this is a folder; name a file in it");
  const auto path = std::filesystem::weakly_canonical(file, failed);
  return failed ? std::filesystem::absolute(file).string() : path.string();
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& address, std::int64_t now_ms) {
  const auto file = sqlite_file(address);
  if (!file) return file.error();
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(*file, now_ms));
}

Result<std::unique_ptr<StoreReader>> open_reader(const std::string& address) {
  const auto file = sqlite_file(address);
  if (!file) return file.error();
  if (*file == private_memory)
    return bad_address(address, "a store in memory without a name cannot be read from beside");
  std::error_code failed;
  if (!sqlite::in_memory(*file) && !std::filesystem::exists(*file, failed) && !failed)
    throw StoreError(StoreError::Kind::unwritable,
                     *file + ": there is no store; mind the path, or start the bridge once");
  return std::unique_ptr<StoreReader>(std::make_unique<SqliteReader>(*file));
}

}  // namespace msync
