// One scope on a connection: when to pull, what to send, what to make of answers (docs/protocol.md, "What a client does", 2
// to 5 and 7). What a crash forgets is here, what it must not forget in replica.h. scope_answers.cpp holds what becomes of
// answers. Pure: `now` is any clock that only rises, ms.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "client/cpp/core/bounds.h"
#include "client/cpp/core/replica.h"
#include "client/cpp/core/server.h"

namespace msync::client {

/// What all scopes of a client share.
struct Shared {
  std::function<double()> random;  // in [0, 1)
  std::function<void(std::string topic, std::string payload, int qos)> publish;
  Manner manner;
  ServerLimits limits;
  std::string server_epoch;      // of the last status; empty: none came yet
  bool open = false;             // pulls and mutations may be sent
  std::int64_t quiet_until = 0;  // the server asked for silence
};

class Scope {
 public:
  /// `reads` false: a writer that may not read. `shared` must outlive it.
  Scope(std::string name, std::string user, Replica::NewSrc new_src, Shared& shared, bool reads);

  void connected(std::int64_t now);
  void subscribed(std::int64_t now);
  /// Grants may have changed: what was denied is tried again.
  void granted();
  void want_pull(bool soon = false);
  /// The server is there again: what was asked while it was away is asked anew.
  void retry();
  /// From now on it is only written to: on what it holds, which grows old. It needs no log, and an ack alone settles a write.
  void stop_reading();
  /// A higher epoch, or the first one.
  void new_epoch(const std::string& epoch);
  void tick(std::int64_t now);
  void send(std::int64_t now);

  /// True if it says the server's time: it answers what was sent on this connection.
  bool on_ack(const Ack& ack, std::int64_t now);
  bool on_page(const Delta& page, std::int64_t now);
  void on_log(const Delta& delta, std::int64_t now);

  /// `denied` for a pull, or `revoked`.
  void lose(const std::string& reason);
  /// `denied` for `in`: the outbox waits until the grants change.
  void wait_for_grants();
  /// `quota` for a message to this topic: it was not taken, and is sent again after the silence.
  void on_quota(const std::string& topic);
  /// `too_large` or `malformed` for a message of ours.
  void on_bad_message(const Notice& notice, std::int64_t now);

  Replica& replica() { return replica_; }
  const Replica& replica() const { return replica_; }
  const std::string& name() const { return name_; }
  bool reads() const { return reads_; }
  /// Nothing is left to send or to ask for.
  bool settled() const;
  /// False from a refusal on until the server has answered again: that grants may have changed is no answer.
  bool readable() const { return !denied_; }
  /// When the pull under way was sent.
  std::int64_t pulled_at() const { return pulled_at_; }
  /// The newest head that a page named: how far a first sync is.
  std::uint64_t head() const { return head_; }

 private:
  void miss_heads(std::int64_t now);
  void miss_deltas(std::int64_t now);
  void miss_acks(std::int64_t now);
  void say_seen(std::int64_t now);
  void pull(std::int64_t now);
  void probe_numbers(std::int64_t now);
  std::vector<std::int64_t> due() const;
  void publish_all(const std::vector<std::int64_t>& due);
  void publish_in(std::uint64_t n, const std::string& mutations);
  void progressed(std::int64_t now);
  void found_gap(const Delta& delta, bool soon);
  bool skips_outcomes(const Ack& ack) const;
  void send_again(std::int64_t now);
  bool on_gap(const Ack& ack, std::int64_t now);
  void on_numbers(const Replica::Numbers& said, std::int64_t now);
  void page_of_mine(const Delta& page, std::int64_t now);

  std::string name_;
  Shared& shared_;
  bool reads_;
  Replica replica_;

  bool opened_ = false;  // the server has said how far our numbers are, since this database was opened
  std::string rid_;
  bool reset_taken_ = false;
  std::int64_t pulled_at_ = 0;
  std::uint64_t pulled_acked_n_ = 0;  // known then: the answer may be older than acks that have come since
  std::int64_t pull_at_ = 0;
  std::int64_t pull_pause_ = bounds::backoff_min_ms;
  bool wants_pull_ = false;
  std::uint64_t sent_n_ = 0;  // 0: everything without an ack is to be sent anew
  struct Flying {
    std::uint64_t n = 0;  // its last
    std::size_t bytes = 0;
  };
  std::deque<Flying> flying_;  // messages without an ack, in order
  std::int64_t heard_at_ = 0;
  std::int64_t send_pause_ = bounds::ack_wait_ms;
  std::int64_t gap_at_ = -bounds::gap_pause_ms;
  std::int64_t subscribed_at_ = 0;
  bool head_heard_ = false;
  std::uint64_t told_head_ = 0;
  std::int64_t told_at_ = 0;
  std::uint64_t seen_seq_ = 0;
  std::int64_t seen_at_ = -bounds::seen_every_ms;
  std::uint64_t single_until_ =
      0;  // up to this number one by one: one of them is no message that the server takes
  bool may_pull_ = true;
  bool may_write_ = true;
  bool denied_ = false;
  std::uint64_t head_ = 0;
  std::int64_t heard_now_ = 0;  // the server's time of the newest delta
};

}  // namespace msync::client
