// What waits to be published: acks, notices and pages, bounded by bytes. Pages come last, a few at a time: who reads a
// large scope does not hold up who waits for an ack.
//
// The pipeline and the pull service push and wait while it is full; the publisher pops. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "mqtt/link.h"

namespace msync {

class Outbox {
 public:
  /// Waits for room. False if it was closed.
  bool push(Publish&& message);
  bool push_page(Publish&& message);

  /// What is there, at most `max_messages`, and at most limits::pages_a_turn pages; does not wait.
  std::vector<Publish> pop(std::size_t max_messages);

  bool empty() const;
  std::size_t bytes() const;

  /// Wakes everybody; pushes are refused from now on.
  void close();

  /// Called after a push, without the lock: wakes the publisher. Set before any thread pushes.
  std::function<void()> on_push = {};

 private:
  bool push_into(std::deque<Publish>& queue, Publish&& message);
  void pop_from(std::deque<Publish>& queue, std::size_t most, std::vector<Publish>& into);

  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Publish> queue_;
  std::deque<Publish> pages_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace msync
