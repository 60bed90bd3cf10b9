#include "platform/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace msync {
namespace {

Error unreadable(const std::string& path, const std::string& why) {
  return Error{Code::bad_config, path + ": cannot be read: " + why, ""};
}

std::string reason(int number) {
  return std::system_category().message(number);
}

/// The *.json files directly inside, sorted by name; a message through `fault` if the folder cannot be listed.
std::vector<std::string> list_schemas(const std::string& folder, std::string& fault) {
  std::vector<std::string> paths;
  std::error_code failed;
  std::filesystem::directory_iterator entries(folder, failed);
  while (!failed && entries != std::filesystem::directory_iterator()) {
    std::error_code ignored;
    const auto& entry = *entries;
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && entry.path().extension() == ".json" && !entry.is_directory(ignored)) {
      paths.push_back(entry.path().string());
    }
    entries.increment(failed);
  }
  if (failed) fault = failed.message();
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) != 0) return unreadable(path, reason(errno));
  // A pipe could block for ever, a folder opens and then fails to be read.
  if (!S_ISREG(about.st_mode)) return unreadable(path, "not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(path, reason(errno));
  std::string bytes;
  char block[64 * 1024];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > max_bytes) {
      return unreadable(path, "larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (file.bad()) return unreadable(path, "the disk reports an error");
  return bytes;
}

std::optional<Error> replace_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string beside = path + ".new";
  const auto failed = [&](const char* what) {
    Error error{Code::bad_config, path + ": " + what + ": " + reason(errno), ""};
    ::unlink(beside.c_str());
    return error;
  };
  ::unlink(beside.c_str());  // of a process that died here; O_EXCL so that no link is followed
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return failed("cannot be made");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Error error = failed("cannot be written");
      ::close(file);
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool synced = ::fsync(file) == 0;
  if (::close(file) != 0 || !synced) return failed("cannot be written");
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed("cannot be replaced");
  return std::nullopt;
}

Result<std::string> read_secret(const std::string& path, std::string* warning) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) != 0) return unreadable(path, reason(errno));
  if (about.st_mode & S_IWOTH) {
    return Error{Code::bad_config, path + ": anybody may write this secret: chmod o-w it and make a new one",
                 ""};
  }
  if (warning && (about.st_mode & S_IROTH)) {
    *warning =
        path + ": anybody may read this secret: chmod 640 it, with a group for the broker and the bridge";
  }
  auto bytes = read_file(path, limits::max_token_bytes);
  if (!bytes) return bytes;
  if (bytes->ends_with('\n')) bytes->pop_back();
  if (bytes->size() < limits::min_secret_bytes) {
    return Error{Code::bad_config,
                 path + ": a secret must have at least " + std::to_string(limits::min_secret_bytes) +
                     " bytes: make one with `openssl rand -hex 32`",
                 ""};
  }
  return bytes;
}

KeySet::Loaded load_keys(const std::string& path) {
  KeySet::Loaded loaded;
  struct stat about = {};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & S_IWOTH)) {
    loaded.problems.push_back({path, "", "anybody may write it, and so make tokens for everybody",
                               "chmod o-w it, and see that its keys are the issuer's"});
    return loaded;
  }
  const auto bytes = read_file(path, limits::max_jwks_bytes);
  if (!bytes) {
    loaded.problems.push_back({path, "", bytes.error().message, "name a JWKS file that this user can read"});
    return loaded;
  }
  loaded = KeySet::load(path, *bytes);
  if (loaded.keys.has_secrets() && (about.st_mode & S_IROTH)) {
    loaded.warnings.push_back({path, "", "anybody may read it, and it holds a secret (kty oct)",
                               "chmod 640 it, with a group for the broker"});
  }
  return loaded;
}

FileMark mark_of(const std::string& path) {
  struct stat about = {};
  if (::stat(path.c_str(), &about) != 0) return {};
  const auto ns = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return {about.st_dev, about.st_ino, about.st_size, ns(about.st_mtim), ns(about.st_ctim)};
}

Collections::Loaded load_schemas(const std::string& folder) {
  std::vector<Problem> unread;
  std::vector<SchemaFile> files;
  std::string fault;
  for (const std::string& path : list_schemas(folder, fault)) {
    auto bytes = read_file(path);
    if (bytes) {
      files.push_back({path, *std::move(bytes)});
    } else {
      unread.push_back({path, "", bytes.error().message, "let this user read it"});
    }
  }
  if (!fault.empty()) {
    unread.push_back({folder, "", "cannot be listed: " + fault, "name a folder that this user may read"});
  } else if (files.empty() && unread.empty()) {
    unread.push_back(
        {folder, "", "has no *.json file", "put one file per collection there: docs/schemas.md"});
  }
  auto loaded = Collections::load(files);
  loaded.problems.insert(loaded.problems.end(), unread.begin(), unread.end());
  return loaded;
}

}  // namespace msync
