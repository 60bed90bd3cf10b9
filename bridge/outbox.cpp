#include "bridge/outbox.h"

namespace msync {
namespace {

std::size_t bytes_of(const Publish& message) {
  return sizeof(Publish) + message.topic.size() + message.payload.size();
}

}  // namespace

bool Outbox::push(Publish&& message) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return bytes_ < limits::outbox_bytes || closed_; });
    if (closed_) return false;
    bytes_ += bytes_of(message);
    queue_.push_back(std::move(message));
  }
  if (on_push) on_push();
  return true;
}

std::vector<Publish> Outbox::pop(std::size_t max_messages) {
  const std::lock_guard lock(mutex_);
  std::vector<Publish> messages;
  while (!queue_.empty() && messages.size() < max_messages) {
    bytes_ -= bytes_of(queue_.front());
    messages.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (!messages.empty()) room_.notify_all();
  return messages;
}

bool Outbox::empty() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

void Outbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

}  // namespace msync
