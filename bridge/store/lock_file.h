// The lock that keeps a second bridge from a store: flock on a file of its own, beside the database. It is
// not SQLite's lock, so readers, backups and the sqlite3 shell are not kept out. The system drops it when the
// process ends, however it ends.
#pragma once

#include <string>

namespace msync {

class LockFile {
 public:
  /// Takes the lock of `store` (the file is `store`.lock) and leaves this process's id in it. StoreError busy
  /// if somebody has it, in this process too; unwritable or full if the file cannot be made.
  explicit LockFile(const std::string& store);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// StoreError unreadable if the file system has shut itself down. ext4 and xfs then refuse every read, also of what is
  /// in memory, as this one is: it costs no access to the medium.
  void must_be_readable() const;

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace msync
