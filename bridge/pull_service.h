// The pull service: answers pulls on a thread of its own, by its own store connection, never waiting for writers.
//
// Bounded: one pull waits per (client, scope), a later one takes the place of an earlier one. Users take turns, and each
// has at most half of the room; when all of it is taken, the newest of whoever has most makes room for who has less. Whose
// pull is dropped asks again. The link's thread pushes.
#pragma once

#include <condition_variable>
#include <mutex>

#include "bridge/fair_queue.h"
#include "bridge/inbound.h"
#include "bridge/metrics.h"
#include "bridge/outbox.h"
#include "bridge/pull_answer.h"
#include "bridge/server_time.h"
#include "bridge/store/store.h"

namespace msync {

class PullService {
 public:
  /// `metrics` may be null.
  PullService(StoreReader& reader, Outbox& outbox, ServerTime& time, std::string epoch,
              Metrics* metrics = nullptr);

  /// Never waits. Messages of leaf pull only.
  void push(Inbound&& message);

  /// The thread's body, until stop().
  void run();
  void stop();

  /// How many wait. Any thread.
  std::size_t waiting() const;

 private:
  bool next(Inbound& message);
  bool make_room(const std::string& user);
  void answer(const Inbound& message);
  void send_pages(PullAnswer& pages, const Inbound& message);
  void note(PullEnd end);

  StoreReader& reader_;
  Outbox& outbox_;
  ServerTime& time_;
  std::string epoch_;
  Metrics* metrics_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  FairQueue<Inbound> queue_;
  bool stopping_ = false;
};

}  // namespace msync
