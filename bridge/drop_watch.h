// What the broker says it has dropped ($SYS/broker/publish/messages/dropped): messages past its queues' bounds.
//
// Nothing is lost by it, the ends ask again; but it says that max_queued_messages is too small, or that somebody does not
// read. Called by the link's thread; total() by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

namespace msync {

inline constexpr const char* dropped_topic = "$SYS/broker/publish/messages/dropped";

class DropWatch {
 public:
  /// The broker's count, as text. How many were dropped since the last time: nothing at first, and 0 where the count
  /// has not risen or the broker began anew.
  std::optional<std::uint64_t> told(std::string_view count);

  /// All that were seen dropped.
  std::uint64_t total() const { return total_; }

 private:
  std::optional<std::uint64_t> last_;
  std::atomic<std::uint64_t> total_ = 0;
};

}  // namespace msync
