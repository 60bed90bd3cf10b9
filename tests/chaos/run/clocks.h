// Wall clocks of the broker and the bridge that can be set while they run, by Debian's libfaketime. Time that has passed,
// which waits and deadlines count, stays true.
//
// The library keeps a semaphore and a shared memory for each process, which one that is killed leaves behind: forget().
// One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace msync::chaos {

class Clocks {
 public:
  /// The files that hold the offsets lie in `folder`.
  explicit Clocks(std::string folder);

  /// False where the library is not installed: then there is nothing to preload.
  bool available() const { return !library_.empty(); }
  const std::string& library() const { return library_; }

  /// For a process that shall follow the clock of this name, beside LD_PRELOAD=library().
  std::vector<std::string> environment(const std::string& name) const;

  /// From within a second on, what follows this clock is so far off.
  void set(const std::string& name, std::int64_t offset_s) const;

  /// Takes away what a killed process left behind.
  static void forget(pid_t pid);

 private:
  std::string file(const std::string& name) const { return folder_ + "/" + name + ".clock"; }

  std::string folder_;
  std::string library_;
};

}  // namespace msync::chaos
