// The bounded queue between the link's thread and the pipeline's. Users take turns in it, so that a flood of one of them
// does not delay another's acks.
//
// A user has at most half of the room; what he sends beyond is dropped at once. When all of it is taken, the newest of
// whoever has most is dropped for one who has less. Only where many have a little each, the link's handler waits, so
// that the broker holds the rest; then the message is dropped. What is dropped is counted, and its client, which got no
// ack, sends it again. While the pipeline cannot work (no probe answered yet, the disk is full) nothing waits, because
// that would also hold up pulls and the probe itself. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "bridge/fair_queue.h"
#include "bridge/inbound.h"

namespace msync {

class Inbox {
 public:
  /// Waits for room, at most limits::inbox_wait_ms, not at all while stalled. False if the message was dropped.
  bool push(Inbound&& message);

  /// The same without waiting: for a thread that others wait for.
  bool offer(Inbound&& message);

  /// Everything that is there, at most `max_messages`, each user's in its order; waits up to `wait_ms` for the first.
  std::vector<Inbound> pop(std::size_t max_messages, int wait_ms);

  /// What pop() gave last and was not used, in the same order: the next pop() gives it again, mixed anew with what came
  /// since. Also when closed.
  void put_back(std::vector<Inbound>&& rest);

  /// While stalled, a full queue drops instead of waiting.
  void set_stalled(bool stalled);

  /// Wakes everybody; nothing is taken any more, what is queued can still be popped.
  void close();

  bool closed() const;
  std::uint64_t dropped() const;
  FairQueue<Inbound>::Load load() const;

 private:
  bool full() const;
  bool over_share(const std::string& user) const;
  bool make_room(const std::string& user);
  bool take(Inbound&& message);

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  FairQueue<Inbound> queue_;
  std::uint64_t dropped_ = 0;
  bool stalled_ = false;
  bool closed_ = false;
};

}  // namespace msync
