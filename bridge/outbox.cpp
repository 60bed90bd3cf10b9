#include "bridge/outbox.h"

#include <algorithm>

namespace msync {
namespace {

std::size_t bytes_of(const Publish& message) {
  return sizeof(Publish) + message.topic.size() + message.payload.size();
}

}  // namespace

bool Outbox::push(Publish&& message) {
  return push_into(queue_, std::move(message));
}

bool Outbox::push_page(Publish&& message) {
  return push_into(pages_, std::move(message));
}

bool Outbox::push_into(std::deque<Publish>& queue, Publish&& message) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return bytes_ < limits::outbox_bytes || closed_; });
    if (closed_) return false;
    bytes_ += bytes_of(message);
    queue.push_back(std::move(message));
  }
  if (on_push) on_push();
  return true;
}

std::vector<Publish> Outbox::pop(std::size_t max_messages) {
  const std::lock_guard lock(mutex_);
  std::vector<Publish> messages;
  pop_from(queue_, max_messages, messages);
  pop_from(pages_, std::min(max_messages - messages.size(), limits::pages_a_turn), messages);
  if (!messages.empty()) room_.notify_all();
  return messages;
}

void Outbox::pop_from(std::deque<Publish>& queue, std::size_t most, std::vector<Publish>& into) {
  for (; most > 0 && !queue.empty(); --most) {
    bytes_ -= bytes_of(queue.front());
    into.push_back(std::move(queue.front()));
    queue.pop_front();
  }
}

bool Outbox::empty() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty() && pages_.empty();
}

std::size_t Outbox::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void Outbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

}  // namespace msync
