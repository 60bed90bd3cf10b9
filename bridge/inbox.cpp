#include "bridge/inbox.h"

#include <algorithm>
#include <chrono>

namespace msync {

bool Inbox::full() const {
  return queue_.size() >= limits::inbox_messages || bytes_ >= limits::inbox_bytes;
}

bool Inbox::push(Inbound&& message) {
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, std::chrono::milliseconds(limits::inbox_wait_ms),
                 [&] { return !full() || stalled_ || closed_; });
  if (closed_ || full()) {
    dropped_ += 1;
    return false;
  }
  bytes_ += message.bytes();
  queue_.push_back(std::move(message));
  arrived_.notify_one();
  return true;
}

std::vector<Inbound> Inbox::pop(std::size_t max_messages, int wait_ms) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return !queue_.empty() || closed_; });
  std::vector<Inbound> batch;
  batch.reserve(std::min(max_messages, queue_.size()));
  while (!queue_.empty() && batch.size() < max_messages) {
    bytes_ -= queue_.front().bytes();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (!batch.empty()) room_.notify_all();
  return batch;
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

std::uint64_t Inbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace msync
