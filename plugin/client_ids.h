// The client ids that users have had: each may have left a session with a queue in the broker.
//
// An id counts until it has not been seen for `kept_ms`. Ids are kept as hashes: two that collide count as one. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/limits.h"

namespace msync {

class ClientIds {
 public:
  ClientIds(std::size_t most_per_user, std::int64_t kept_ms, std::size_t most = limits::offline_sessions)
      : most_per_user_(most_per_user), kept_ms_(kept_ms), most_(most) {}

  /// Notes that `user` comes as `id`. False if it is a new one and the user has too many already; then nothing changes.
  bool note(std::string_view user, std::string_view id, std::int64_t now_ms);

  std::size_t size() const { return order_.size(); }

 private:
  struct Seen {
    std::string user;
    std::size_t id;
    std::int64_t at_ms;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Order = std::list<Seen>;  // seen longest ago first

  void forget(Order::iterator seen);

  std::size_t most_per_user_;
  std::int64_t kept_ms_;
  std::size_t most_;
  Order order_;
  std::unordered_map<std::string, std::unordered_map<std::size_t, Order::iterator>, Hash, std::equal_to<>>
      users_;
};

}  // namespace msync
