// What a power cut may leave of a folder, from strace's log of who wrote there: no file system and no medium is asked.
//
// The log is one of -y -xx, with whole strings, of openat, pwrite64, ftruncate, unlink, fsync and fdatasync. The model is the
// strict one: a write is durable once a sync of its file has returned 0, a name or its removal once a sync of the folder
// has. Of all else any part may be there, in any order, also parts of a write. Files of shared memory are left out. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace msync::test {

class SyncedDisk {
 public:
  /// Syncs of `ignored` (a file or the folder, by its whole path) are taken for lies.
  explicit SyncedDisk(std::string folder, std::string ignored = "");

  struct Event {
    std::string call, path;  // the system call; what it is about
    std::string bytes;       // of a write
    std::uint64_t at = 0;    // of a write; the length, of ftruncate
  };
  /// What a line says, if it says something and went well.
  static bool parse(const std::string& line, Event& event);
  void take(const Event& event);

  enum class Left {
    synced,  // nothing but what had to be there
    all,     // as after a crash of the process alone
    some,    // what was synced, and any part of the rest
  };
  /// Writes into this folder, which is empty, what is left there of the other.
  void leave(const std::string& where, Left left, std::mt19937_64& dice) const;

 private:
  struct Write {
    bool cuts;
    std::uint64_t at;
    std::string bytes;
  };
  struct File {
    std::string synced;
    std::vector<Write> pending;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;

  bool concerns(const std::string& path) const;
  Names names_left(Left left, std::mt19937_64& dice) const;
  static std::string content_left(const File& file, Left left, std::mt19937_64& dice);
  static void apply(const Write& write, std::string& content);

  std::string folder_, ignored_;
  Names names_, synced_names_;
};

}  // namespace msync::test
