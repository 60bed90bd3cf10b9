// Reads the histories of a folder, each time only what is new.
#pragma once

#include <istream>
#include <map>
#include <string>

#include "tests/chaos/check/facts.h"

namespace msync::chaos {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  /// Feeds all whole lines that were written since the last call. A torn line (its writer was killed) is left out.
  void read(Facts& facts);

 private:
  std::string path_;
  std::map<std::string, std::streamoff> offsets_;
};

}  // namespace msync::chaos
