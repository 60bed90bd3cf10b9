#include "platform/key_file.h"

namespace msync {

std::optional<KeySet::Loaded> KeyFile::look(std::int64_t now_ms) {
  if (path_.empty()) return std::nullopt;
  // A clock that was set back must not stop the looking.
  if (now_ms >= looked_ms_ && now_ms - looked_ms_ < limits::keys_look_ms) return std::nullopt;
  looked_ms_ = now_ms;
  const FileMark mark = mark_of(path_);
  if (mark == mark_) return std::nullopt;
  mark_ = mark;
  return load_keys(path_);
}

}  // namespace msync
