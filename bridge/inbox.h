// The bounded queue between the link's thread and the pipeline's.
//
// When it is full the link's handler waits a little, so the broker holds the rest; then the message is dropped
// and counted, and its client, which got no ack, sends it again. While the pipeline cannot work (no probe
// answered yet, the disk is full) nothing waits, because that would also hold up pulls and the probe itself.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "bridge/inbound.h"

namespace msync {

class Inbox {
 public:
  /// Waits for room, at most limits::inbox_wait_ms, not at all while stalled. False if the message was dropped.
  bool push(Inbound&& message);

  /// Everything that is there, at most `max_messages`; waits up to `wait_ms` for the first.
  std::vector<Inbound> pop(std::size_t max_messages, int wait_ms);

  /// While stalled, a full queue drops instead of waiting.
  void set_stalled(bool stalled);

  /// Wakes everybody; nothing is taken any more, what is queued can still be popped.
  void close();

  bool closed() const;
  std::uint64_t dropped() const;

 private:
  bool full() const;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  std::deque<Inbound> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool stalled_ = false;
  bool closed_ = false;
};

}  // namespace msync
