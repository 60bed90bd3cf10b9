// Slows down who tries tokens: after some failures an address is not heard for a while, longer each time.
//
// Counted are tokens that nobody of ours has signed; one that has only ended is an honest phone's, and many of those can
// share one address. IPv6 counts by its first 64 bits, which one customer has. Not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/limits.h"

namespace msync {

class LoginGuard {
 public:
  /// `free_failures` cost nothing; 0: nobody is ever slowed.
  explicit LoginGuard(std::uint32_t free_failures, std::size_t most = limits::watched_addresses)
      : free_failures_(free_failures), most_(most) {}

  /// How long this address is not heard yet; 0: it may try.
  std::int64_t wait_ms(std::string_view address, std::int64_t now_ms) const;

  /// Returns the pause that this failure has begun, 0 for a free one.
  std::int64_t failed(std::string_view address, std::int64_t now_ms);

 private:
  struct Entry {
    std::uint32_t failures = 0;
    std::int64_t last_ms = 0;
    std::int64_t until_ms = 0;
    std::list<std::string>::iterator order;
  };

  std::uint32_t free_failures_;
  std::size_t most_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> order_;  // failed longest ago first
};

}  // namespace msync
