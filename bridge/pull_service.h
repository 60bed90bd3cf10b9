// The pull service: answers pulls on a thread of its own, by its own store connection, never waiting for writers.
//
// Bounded: one pull waits per (client, scope), a later one takes the place of an earlier one; a service whose
// queue is full drops the newest, and its client asks again. The link's thread pushes.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "bridge/inbound.h"
#include "bridge/outbox.h"
#include "bridge/server_time.h"
#include "bridge/store/store.h"

namespace msync {

class PullService {
 public:
  PullService(StoreReader& reader, Outbox& outbox, ServerTime& time, std::string epoch);

  /// Never waits. Messages of leaf pull only.
  void push(Inbound&& message);

  /// The thread's body, until stop().
  void run();
  void stop();

 private:
  bool next(Inbound& message);
  void answer(const Inbound& message);

  StoreReader& reader_;
  Outbox& outbox_;
  ServerTime& time_;
  std::string epoch_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Inbound> queue_;
  bool stopping_ = false;
};

}  // namespace msync
