#include "bridge/cursors.h"

#include <algorithm>

namespace msync {

void Cursors::touch(std::int64_t scope, std::uint64_t head_before, std::uint64_t head) {
  const std::lock_guard lock(mutex_);
  const auto [position, created] = cursors_.try_emplace(scope, Cursor{head_before, head_before, head});
  position->second.head = std::max(position->second.head, head);
}

std::optional<Cursors::Work> Cursors::next() {
  const std::lock_guard lock(mutex_);
  const auto has_work = [](const auto& entry) { return entry.second.sent < entry.second.head; };
  auto found = std::find_if(cursors_.upper_bound(last_turn_), cursors_.end(), has_work);
  if (found == cursors_.end()) found = std::find_if(cursors_.begin(), cursors_.end(), has_work);
  if (found == cursors_.end()) return std::nullopt;
  last_turn_ = found->first;
  return Work{found->first, found->second.sent};
}

void Cursors::sent(std::int64_t scope, std::uint64_t to, std::uint64_t head) {
  const std::lock_guard lock(mutex_);
  const auto found = cursors_.find(scope);
  if (found == cursors_.end()) return;
  found->second.sent = std::max(found->second.sent, to);
  found->second.head = std::max(found->second.head, head);
}

void Cursors::acked(std::int64_t scope, std::uint64_t to) {
  const std::lock_guard lock(mutex_);
  const auto found = cursors_.find(scope);
  if (found == cursors_.end()) return;
  Cursor& cursor = found->second;
  cursor.acked = std::max(cursor.acked, to);
  to_store_[scope] = cursor.acked;
  if (cursor.acked >= cursor.head) cursors_.erase(found);
}

void Cursors::failed(std::int64_t scope) {
  const std::lock_guard lock(mutex_);
  const auto found = cursors_.find(scope);
  if (found != cursors_.end()) found->second.sent = found->second.acked;
}

void Cursors::connection_lost() {
  const std::lock_guard lock(mutex_);
  for (auto& [scope, cursor] : cursors_) cursor.sent = cursor.acked;
}

std::vector<std::pair<std::int64_t, std::uint64_t>> Cursors::take_acked() {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::int64_t, std::uint64_t>> moved(to_store_.begin(), to_store_.end());
  to_store_.clear();
  return moved;
}

std::map<std::int64_t, std::uint64_t> Cursors::heads() const {
  const std::lock_guard lock(mutex_);
  std::map<std::int64_t, std::uint64_t> all;
  for (const auto& [scope, cursor] : cursors_) all.emplace(scope, cursor.head);
  return all;
}

bool Cursors::reached(const std::map<std::int64_t, std::uint64_t>& heads) const {
  const std::lock_guard lock(mutex_);
  return std::all_of(heads.begin(), heads.end(), [this](const auto& entry) {
    const auto found = cursors_.find(entry.first);
    return found == cursors_.end() || found->second.acked >= entry.second;
  });
}

bool Cursors::idle() const {
  const std::lock_guard lock(mutex_);
  return cursors_.empty();
}

std::size_t Cursors::size() const {
  const std::lock_guard lock(mutex_);
  return cursors_.size();
}

}  // namespace msync
