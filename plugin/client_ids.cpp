#include "plugin/client_ids.h"

namespace msync {

bool ClientIds::note(std::string_view user, std::string_view id, std::int64_t now_ms) {
  while (!order_.empty() && now_ms - order_.front().at_ms > kept_ms_) forget(order_.begin());
  const std::size_t hash = std::hash<std::string_view>{}(id);
  if (const auto known = users_.find(user); known != users_.end()) {
    if (const auto seen = known->second.find(hash); seen != known->second.end()) {
      seen->second->at_ms = now_ms;
      order_.splice(order_.end(), order_, seen->second);
      return true;
    }
    if (known->second.size() >= most_per_user_) return false;
  }
  if (order_.size() >= most_) forget(order_.begin());
  const auto added = order_.insert(order_.end(), {std::string(user), hash, now_ms});
  users_[added->user].emplace(hash, added);
  return true;
}

void ClientIds::forget(Order::iterator seen) {
  const auto user = users_.find(seen->user);
  user->second.erase(seen->id);
  if (user->second.empty()) users_.erase(user);
  order_.erase(seen);
}

}  // namespace msync
