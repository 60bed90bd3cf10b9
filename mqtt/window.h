// The window: publishes that the broker has not acknowledged yet, and the wait for a place among them.
//
// The link opens it with every connection and closes it when the connection is gone, which ends what is
// outstanding with ok = false. Each `done` is called exactly once, without a lock held, by whoever settles or
// closes. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "mqtt/link.h"

namespace msync {

class Window {
 public:
  using Done = std::function<void(Published)>;
  using Clock = std::chrono::steady_clock;

  /// A connection is up; `size` publishes at a time, of limits::publish_window_bytes together.
  void open(std::size_t size);

  /// Waits for a place and takes it: its number, or 0 if the window is closed. What is larger than the whole window
  /// goes alone.
  std::uint64_t enter(Done done, std::size_t bytes = 0);

  /// Gives a place back without calling its `done`. False if close() has settled it already.
  bool leave(std::uint64_t id);

  /// False once it was settled.
  bool holds(std::uint64_t id) const;

  /// The broker's answer. Numbers of an earlier connection are ignored.
  void settle(std::uint64_t id, Published outcome);

  /// The connection is gone: what is outstanding ends with ok = false, who waits in enter() gets 0.
  void close();

  /// Waits until every `done` has returned; false after `timeout_ms`.
  bool drain(int timeout_ms) const;

  /// When the oldest outstanding publish took its place.
  std::optional<Clock::time_point> oldest() const;

 private:
  struct Place {
    Done done;
    Clock::time_point since;
    std::size_t bytes = 0;
  };
  void release(std::size_t places, std::size_t bytes);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::uint64_t, Place> places_;  // ascending, so the oldest is the first
  std::uint64_t last_id_ = 0;
  std::size_t taken_ = 0;  // places_ and those whose done is being called
  std::size_t bytes_ = 0;  // of those
  std::size_t size_ = 0;
  bool open_ = false;
};

}  // namespace msync
