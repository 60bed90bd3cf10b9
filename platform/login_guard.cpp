#include "platform/login_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace msync {
namespace {

// A pause of the longest kind with nothing new behind it: then all is forgotten.
constexpr std::int64_t forgotten_ms = 10 * limits::login_pause_max_ms;

std::string key_of(std::string_view address) {
  std::string text(address);
  in6_addr six = {};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return text;
  std::memset(six.s6_addr + 8, 0, 8);
  return {reinterpret_cast<const char*>(six.s6_addr), 8};
}

std::int64_t pause_ms(std::uint32_t paid_failures) {
  const std::uint32_t doublings = std::min<std::uint32_t>(paid_failures - 1, 16);
  return std::min(limits::login_pause_ms << doublings, limits::login_pause_max_ms);
}

}  // namespace

std::int64_t LoginGuard::wait_ms(std::string_view address, std::int64_t now_ms) const {
  if (free_failures_ == 0 || entries_.empty()) return 0;
  const auto found = entries_.find(key_of(address));
  if (found == entries_.end()) return 0;
  // A clock that was set back must not keep anybody out for longer than a pause.
  return std::clamp<std::int64_t>(found->second.until_ms - now_ms, 0, limits::login_pause_max_ms);
}

std::int64_t LoginGuard::failed(std::string_view address, std::int64_t now_ms) {
  if (free_failures_ == 0) return 0;
  const auto [found, added] = entries_.try_emplace(key_of(address));
  Entry& entry = found->second;
  if (!added) {
    order_.erase(entry.order);
    if (now_ms - entry.last_ms > forgotten_ms) entry.failures = 0;
  }
  entry.order = order_.insert(order_.end(), found->first);
  entry.last_ms = now_ms;
  ++entry.failures;
  const std::int64_t pause = entry.failures > free_failures_ ? pause_ms(entry.failures - free_failures_) : 0;
  entry.until_ms = now_ms + pause;
  if (entries_.size() > most_) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  return pause;
}

}  // namespace msync
