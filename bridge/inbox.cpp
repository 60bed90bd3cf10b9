#include "bridge/inbox.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace msync {
namespace {

using Load = FairQueue<Inbound>::Load;

/// How much of the room that is, as a part of it.
double weight(const Load& load) {
  return std::max(static_cast<double>(load.messages) / limits::inbox_messages,
                  static_cast<double>(load.bytes) / limits::inbox_bytes);
}

constexpr double share = 0.5;

}  // namespace

bool Inbox::full() const {
  return weight(queue_.load()) >= 1;
}

/// So much that this user's next message is not worth waiting for.
bool Inbox::over_share(const std::string& user) const {
  const double own = weight(queue_.load_of(user));
  return own >= share || (full() && own * static_cast<double>(queue_.users()) > 1);
}

/// True if there is room for this user now.
bool Inbox::make_room(const std::string& user) {
  while (full()) {
    const std::string* most = queue_.heaviest(weight);
    if (most == nullptr || *most == user || queue_.load_of(*most).messages < 2 ||
        weight(queue_.load_of(*most)) <= weight(queue_.load_of(user))) {
      return false;
    }
    queue_.drop_newest(std::string(*most));
    dropped_ += 1;
  }
  return true;
}

bool Inbox::take(Inbound&& message) {
  const std::string user = message.stamp.user;
  if (closed_ || full() || over_share(user)) {
    dropped_ += 1;
    return false;
  }
  const std::size_t bytes = message.bytes();
  queue_.push(user, std::move(message), bytes);
  arrived_.notify_one();
  return true;
}

bool Inbox::offer(Inbound&& message) {
  const std::lock_guard lock(mutex_);
  if (!over_share(message.stamp.user)) make_room(message.stamp.user);
  return take(std::move(message));
}

bool Inbox::push(Inbound&& message) {
  std::unique_lock lock(mutex_);
  const std::string user = message.stamp.user;
  if (!over_share(user) && !make_room(user)) {
    room_.wait_for(lock, std::chrono::milliseconds(limits::inbox_wait_ms),
                   [&] { return !full() || stalled_ || closed_; });
  }
  return take(std::move(message));
}

std::vector<Inbound> Inbox::pop(std::size_t max_messages, int wait_ms) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return !queue_.empty() || closed_; });
  std::vector<Inbound> batch;
  batch.reserve(std::min(max_messages, queue_.load().messages));
  while (batch.size() < max_messages) {
    auto message = queue_.pop();
    if (!message) break;
    batch.push_back(std::move(*message));
  }
  if (!batch.empty()) room_.notify_all();
  return batch;
}

void Inbox::put_back(std::vector<Inbound>&& rest) {
  const std::lock_guard lock(mutex_);
  std::for_each(rest.rbegin(), rest.rend(), [this](Inbound& message) {
    const std::string user = message.stamp.user;
    const std::size_t bytes = message.bytes();
    queue_.push_front(user, std::move(message), bytes);
  });
  if (!rest.empty()) arrived_.notify_one();
}

void Inbox::set_stalled(bool stalled) {
  const std::lock_guard lock(mutex_);
  stalled_ = stalled;
  room_.notify_all();
}

void Inbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  arrived_.notify_all();
  room_.notify_all();
}

bool Inbox::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

FairQueue<Inbound>::Load Inbox::load() const {
  const std::lock_guard lock(mutex_);
  return queue_.load();
}

std::uint64_t Inbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace msync
