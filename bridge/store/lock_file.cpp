#include "bridge/store/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "bridge/store/store.h"

namespace msync {
namespace {

[[noreturn]] void cannot_lock(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const bool denied =
      error == EACCES || error == EPERM || error == EROFS || error == ENOENT || error == ENOTDIR;
  const auto kind = full     ? StoreError::Kind::full
                    : denied ? StoreError::Kind::unwritable
                             : StoreError::Kind::other;
  throw StoreError(kind,
                   path + ": cannot take the lock: " + std::generic_category().message(error) +
                       (full ? "; free some space"
                             : "; its folder must exist and be writable for the user that runs the bridge"));
}

std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i) pid += text[i];
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

LockFile::LockFile(const std::string& store) : path_(store + ".lock") {
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) cannot_lock(path_, errno);
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string pid = holder(file_);
    close(file_);
    if (error != EWOULDBLOCK) cannot_lock(path_, error);
    throw StoreError(StoreError::Kind::busy, store + " is in use by another bridge (pid " + pid +
                                                 "); stop that one, or give this one a store of its own");
  }
  // Only a help for whoever meets the lock: it holds without.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file_, 0) == 0 && pwrite(file_, pid.data(), pid.size(), 0) < 0) return;
}

void LockFile::must_be_readable() const {
  char byte = 0;
  if (pread(file_, &byte, 1, 0) >= 0) return;
  throw StoreError(StoreError::Kind::unreadable,
                   path_ + ": " + std::generic_category().message(errno) +
                       ": its file system does not answer; look at the disk and the system's log");
}

LockFile::~LockFile() {
  close(file_);
}

}  // namespace msync
