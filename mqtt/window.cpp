#include "mqtt/window.h"

#include <utility>

namespace msync {

void Window::open(std::size_t size) {
  std::lock_guard lock(mutex_);
  size_ = size;
  open_ = true;
  changed_.notify_all();
}

std::uint64_t Window::enter(Done done) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !open_ || taken_ < size_; });
  if (!open_) return 0;
  ++taken_;
  places_.emplace(++last_id_, Place{std::move(done), Clock::now()});
  return last_id_;
}

bool Window::leave(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  if (places_.erase(id) == 0) return false;
  --taken_;
  changed_.notify_all();
  return true;
}

bool Window::holds(std::uint64_t id) const {
  std::lock_guard lock(mutex_);
  return places_.contains(id);
}

void Window::settle(std::uint64_t id, Published outcome) {
  Done done;
  {
    std::lock_guard lock(mutex_);
    const auto found = places_.find(id);
    if (found == places_.end()) return;
    done = std::move(found->second.done);
    places_.erase(found);
  }
  if (done) done(outcome);
  release(1);
}

void Window::close() {
  std::map<std::uint64_t, Place> broken;
  {
    std::lock_guard lock(mutex_);
    open_ = false;
    broken.swap(places_);
    changed_.notify_all();
  }
  for (auto& [id, place] : broken) {
    if (place.done) place.done(Published{});
  }
  release(broken.size());
}

void Window::release(std::size_t places) {
  std::lock_guard lock(mutex_);
  taken_ -= places;
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
