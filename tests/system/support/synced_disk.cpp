#include "tests/system/support/synced_disk.h"

#include <algorithm>
#include <filesystem>

#include "tests/system/support/wait.h"

namespace msync::test {
namespace {

constexpr std::uint64_t sector_bytes = 512;

/// strace's \x00\x01… as bytes.
std::string bytes_of(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 3 < text.size() && text.substr(i, 2) == "\\x"; i += 4)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
  return bytes;
}

/// What stands between the first `open` and the next `close`; and `rest` begins behind it.
std::string between(std::string_view& rest, char open, char close) {
  const auto from = rest.find(open);
  const auto to = rest.find(close, from + 1);
  if (from == std::string_view::npos || to == std::string_view::npos) return {};
  const std::string found = bytes_of(rest.substr(from + 1, to - from - 1));
  rest.remove_prefix(to + 1);
  return found;
}

}  // namespace

SyncedDisk::SyncedDisk(std::string folder, std::string ignored)
    : folder_(std::move(folder)), ignored_(std::move(ignored)) {}

bool SyncedDisk::parse(const std::string& line, Event& event) {
  const auto result = line.rfind(" = ");
  if (result == std::string::npos || line.compare(result + 3, 1, "-") == 0) return false;
  std::string_view rest(line.data(), result);
  event = {};
  event.call = rest.substr(0, rest.find('('));
  if (event.call == "openat") {
    if (rest.find("O_CREAT") == std::string_view::npos) return false;
    rest.remove_prefix(rest.find(','));
  }
  const bool named = event.call == "openat" || event.call == "unlink";
  event.path = named ? between(rest, '"', '"') : between(rest, '<', '>');
  if (event.call == "pwrite64" || event.call == "write") event.bytes = between(rest, '"', '"');
  if (event.call == "pwrite64" || event.call == "ftruncate")
    event.at = std::stoull(std::string(rest.substr(rest.rfind(", ") + 2)));
  return !event.path.empty();
}

bool SyncedDisk::concerns(const std::string& path) const {
  return path.starts_with(folder_ + "/") && !path.ends_with("-shm") && !path.ends_with(".lock");
}

void SyncedDisk::take(const Event& event) {
  const bool syncs = event.call == "fsync" || event.call == "fdatasync";
  if (syncs && event.path == ignored_) return;
  if (syncs && event.path == folder_) synced_names_ = names_;
  if (!concerns(event.path)) return;
  if (event.call == "unlink") {
    names_.erase(event.path);
    return;
  }
  auto& file = names_[event.path];
  if (!file) file = std::make_shared<File>();
  if (event.call == "pwrite64") file->pending.push_back({false, event.at, event.bytes});
  if (event.call == "ftruncate") file->pending.push_back({true, event.at, {}});
  if (!syncs) return;
  for (const auto& write : file->pending) apply(write, file->synced);
  file->pending.clear();
}

void SyncedDisk::apply(const Write& write, std::string& content) {
  if (write.cuts) return content.resize(write.at);
  content.resize(std::max<std::size_t>(content.size(), write.at + write.bytes.size()));
  content.replace(write.at, write.bytes.size(), write.bytes);
}

SyncedDisk::Names SyncedDisk::names_left(Left left, std::mt19937_64& dice) const {
  if (left == Left::synced) return synced_names_;
  if (left == Left::all) return names_;
  Names some;
  for (const auto& names : {names_, synced_names_}) {
    for (const auto& [path, file] : names) {
      const bool sure = names_.contains(path) && synced_names_.contains(path);
      if (sure || dice() % 2 == 0) some.emplace(path, file);
    }
  }
  return some;
}

std::string SyncedDisk::content_left(const File& file, Left left, std::mt19937_64& dice) {
  std::string content = file.synced;
  for (const auto& write : file.pending) {
    if (left == Left::synced) continue;
    if (left == Left::all || write.cuts || dice() % 2 == 0) {
      if (left == Left::all || !write.cuts || dice() % 2 == 0) apply(write, content);
      continue;
    }
    // Torn: some of its sectors.
    for (std::uint64_t from = 0; from < write.bytes.size();) {
      const auto size =
          std::min<std::uint64_t>(sector_bytes - (write.at + from) % sector_bytes, write.bytes.size() - from);
      if (dice() % 3 == 0) apply({false, write.at + from, write.bytes.substr(from, size)}, content);
      from += size;
    }
  }
  return content;
}

void SyncedDisk::leave(const std::string& where, Left left, std::mt19937_64& dice) const {
  for (const auto& [path, file] : names_left(left, dice))
    write_file(where + path.substr(folder_.size()), content_left(*file, left, dice));
}

}  // namespace msync::test
