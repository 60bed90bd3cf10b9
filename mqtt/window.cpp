#include "mqtt/window.h"

#include <utility>

#include "core/limits.h"

namespace msync {

void Window::open(std::size_t size) {
  std::lock_guard lock(mutex_);
  size_ = size;
  open_ = true;
  changed_.notify_all();
}

std::uint64_t Window::enter(Done done, std::size_t bytes) {
  std::unique_lock lock(mutex_);
  const auto fits = [&] { return taken_ == 0 || bytes_ + bytes <= limits::publish_window_bytes; };
  changed_.wait(lock, [&] { return !open_ || (taken_ < size_ && fits()); });
  if (!open_) return 0;
  ++taken_;
  bytes_ += bytes;
  places_.emplace(++last_id_, Place{std::move(done), Clock::now(), bytes});
  return last_id_;
}

bool Window::leave(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  --taken_;
  bytes_ -= found->second.bytes;
  places_.erase(found);
  changed_.notify_all();
  return true;
}

bool Window::holds(std::uint64_t id) const {
  std::lock_guard lock(mutex_);
  return places_.contains(id);
}

void Window::settle(std::uint64_t id, Published outcome) {
  Done done;
  std::size_t bytes = 0;
  {
    std::lock_guard lock(mutex_);
    const auto found = places_.find(id);
    if (found == places_.end()) return;
    done = std::move(found->second.done);
    bytes = found->second.bytes;
    places_.erase(found);
  }
  if (done) done(outcome);
  release(1, bytes);
}

void Window::close() {
  std::map<std::uint64_t, Place> broken;
  {
    std::lock_guard lock(mutex_);
    open_ = false;
    broken.swap(places_);
    changed_.notify_all();
  }
  std::size_t bytes = 0;
  for (auto& [id, place] : broken) {
    bytes += place.bytes;
    if (place.done) place.done(Published{});
  }
  release(broken.size(), bytes);
}

void Window::release(std::size_t places, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  taken_ -= places;
  bytes_ -= bytes;
  changed_.notify_all();
}

bool Window::drain(int timeout_ms) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return taken_ == 0; });
}

std::optional<Window::Clock::time_point> Window::oldest() const {
  std::lock_guard lock(mutex_);
  if (places_.empty()) return std::nullopt;
  return places_.begin()->second.since;
}

}  // namespace msync
