#include "bridge/drop_watch.h"

#include <charconv>

namespace msync {

std::optional<std::uint64_t> DropWatch::told(std::string_view count) {
  std::uint64_t now = 0;
  const auto [rest, fault] = std::from_chars(count.data(), count.data() + count.size(), now);
  if (fault != std::errc{} || rest != count.data() + count.size()) return std::nullopt;
  const std::optional<std::uint64_t> before = last_;
  last_ = now;
  if (!before) return std::nullopt;
  const std::uint64_t dropped = now > *before ? now - *before : 0;
  total_ += dropped;
  return dropped;
}

}  // namespace msync
