// From `--store` to a store: the only place that knows which kinds there are.
#include <filesystem>

#include "bridge/store/address.h"
#include "bridge/store/sqlite_reader.h"
#include "bridge/store/sqlite_store.h"

namespace msync {
namespace {

std::uint64_t bytes_of(const std::string& file) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file, none);
  return none ? 0 : bytes;
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
  if (*file == ":memory:")
    return bad_address(address, "a store in memory without a name cannot be read from beside");
  std::error_code failed;
  if (!sqlite::in_memory(*file) && !std::filesystem::exists(*file, failed) && !failed)
    throw StoreError(StoreError::Kind::unwritable,
                     *file + ": there is no store; mind the path, or start the bridge once");
  return std::unique_ptr<StoreReader>(std::make_unique<SqliteReader>(*file));
}

StoreSize store_size(const std::string& address) {
  const auto file = sqlite_file(address);
  if (!file || sqlite::in_memory(*file)) return {};
  return {bytes_of(*file), bytes_of(*file + "-wal")};
}

}  // namespace msync
