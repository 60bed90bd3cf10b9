#include "bridge/store/address.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "bridge/store/sqlite_db.h"

namespace msync {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:";
constexpr std::string_view private_memory = ":memory:";

bool is_memory_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.';
  });
}

}  // namespace

Error bad_address(const std::string& address, const std::string& why) {
  return {Code::bad_config, "--store \"" + address + "\": " + why};
}

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

}  // namespace msync
