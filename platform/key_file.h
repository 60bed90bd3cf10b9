// The JWKS file, watched: its issuer replaces it while the broker runs.
//
// Looked at, not watched by the kernel: a look is one stat(), at most once a second, so the file may be a link, be
// replaced or be missing for a while. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "platform/files.h"

namespace msync {

class KeyFile {
 public:
  /// `mark` is of the file whose keys are in force. An empty path is never looked at.
  explicit KeyFile(std::string path, const FileMark& mark) : path_(std::move(path)), mark_(mark) {}

  /// The file's keys if it has changed since the last look; nothing if not, or if that is less than
  /// limits::keys_look_ms ago. So a bad file is returned once, not at every look.
  std::optional<KeySet::Loaded> look(std::int64_t now_ms);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  FileMark mark_;
  std::int64_t looked_ms_ = 0;
};

}  // namespace msync
