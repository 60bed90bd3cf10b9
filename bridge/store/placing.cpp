#include "bridge/store/placing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "bridge/store/store.h"

namespace msync {
namespace {

[[noreturn]] void cannot(const std::string& what, const std::string& path, int error) {
  using Kind = StoreError::Kind;
  if (error == EEXIST)
    throw StoreError(Kind::other, path + " is there already; it is not overwritten: name another file");
  const bool full = error == ENOSPC || error == EDQUOT;
  throw StoreError(full ? Kind::full : Kind::unwritable,
                   path + ": cannot " + what + ": " + std::generic_category().message(error) +
                       (full ? "; free some space"
                             : "; its folder must exist and be writable for the user that runs this"));
}

void sync_path(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) cannot("open it", path, errno);
  const int error = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (error != 0) cannot("bring it to the disk", path, error);
}

}  // namespace

DraftFile::DraftFile(std::string path) : path_(std::move(path)) {
  unlink(path_.c_str());
  const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) cannot("make it", path_, errno);
  close(file);
}

DraftFile::~DraftFile() {
  if (placed_) return;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
}

void DraftFile::put(const std::string& target, bool replace) {
  sync_path(path_, O_RDONLY);
  int done = renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), replace ? 0U : RENAME_NOREPLACE);
  if (done != 0 && errno == EINVAL && !std::filesystem::exists(target))  // a file system without that flag
    done = rename(path_.c_str(), target.c_str());
  if (done != 0) cannot("rename " + path_ + " to it", target, errno);
  placed_ = true;
  sync_folder_of(target);
}

void give_to_owner_of(const std::string& file, const std::string& path) {
  struct stat owner {};
  struct stat now {};
  if (stat(file.c_str(), &owner) != 0) cannot("look at it", file, errno);
  if (stat(path.c_str(), &now) == 0 && now.st_uid == owner.st_uid && now.st_gid == owner.st_gid) return;
  if (chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)
    cannot("give it to the owner of " + file, path, errno);
}

void link_file(const std::string& file, const std::string& name) {
  if (link(file.c_str(), name.c_str()) != 0) cannot("link " + file + " to it", name, errno);
}

void sync_folder_of(const std::string& file) {
  sync_path(std::filesystem::path(file).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace msync
