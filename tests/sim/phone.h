// A simulated phone: docs/protocol.md, "What a client does", one point after the other. One thread, virtual time.
//
// Written from the protocol alone and sharing nothing with the command line's clients but the messages' codecs. What
// a crash leaves is `disk`; all else is made anew when the app starts. It throws Violation where the server breaks a
// promise that a phone can see.
#pragma once

#include <set>

#include "tests/sim/broker.h"
#include "tests/sim/journal.h"
#include "tests/sim/phone_database.h"

namespace msync::sim {

class Phone final : public Broker::Peer {
 public:
  struct Parts {
    int number = 0;
    std::string user;
    std::string client;
    std::vector<std::string> scopes;
    Broker& broker;
    Timeline& timeline;
    Choices& choices;
    Journal& journal;
    std::function<bool(const std::string& scope, Right right)> may;
  };

  explicit Phone(Parts parts);

  /// What a write says of what it saw.
  enum class Saw { version, tombstone, nothing };

  /// One write of the user; the phone adds base and ts.
  void write(const std::string& scope, Mutation mutation, Saw saw);
  void start();
  void go_offline();
  void go_online();
  void crash();
  void back_up();
  void restore();

  void deliver(LinkMessage&& message) override;
  void connected() override;
  void disconnected() override;

  const ScopeDatabase& scope(const std::string& topic) const { return disk_.at(topic); }
  const std::map<std::string, ScopeDatabase>& disk() const { return disk_; }
  const Parts& parts() const { return parts_; }
  bool wants_to_be_online() const { return wants_online_; }
  /// Holds `epoch` up to `head`, with nothing left to send.
  bool is_done(const std::string& topic, const std::string& epoch, std::uint64_t head) const;

  std::int64_t clock_offset_ms = 0;

 private:
  /// What a crash forgets, by scope.
  struct Session {
    bool opened = false;  // the server has said how far our numbers are
    std::string rid;      // of the pull under way; empty: none
    bool reset_taken = false;
    std::int64_t pull_at_ms = 0;  // when it is asked again, or next
    std::int64_t pull_pause_ms = 1000;
    bool wants_pull = false;
    std::size_t sent = 0;       // of the outbox
    std::int64_t heard_ms = 0;  // last progress of the outbox
    std::int64_t send_pause_ms = 10'000;
    std::int64_t gap_ms = 0;  // when it was last sent again because of one
    std::int64_t subscribed_ms = 0;
    bool head_heard = false;
    std::uint64_t seen_seq = 0;
    std::int64_t seen_ms = 0;
  };
  static constexpr std::size_t window = 8;
  static constexpr std::size_t mutations_a_message = 3;
  static constexpr std::int64_t resubscribe_ms = 15 * 60 * 1000;

  std::string new_src();
  void subscribe();
  void tick();
  void tick_scope(const std::string& topic, ScopeDatabase& disk, Session& session);
  void want_pull(const std::string& topic, bool now = false);
  void pull(const std::string& topic, ScopeDatabase& disk, Session& session);
  void probe_numbers(const std::string& topic, ScopeDatabase& disk);
  void send(const std::string& topic, ScopeDatabase& disk, Session& session);
  MutationKey key(const std::string& topic, std::uint64_t n) const;

  void on_status(const ServerStatus& status);
  void on_ack(const std::string& topic, const Ack& ack);
  void on_gap(const std::string& topic, const Ack& ack);
  void on_delta(const std::string& topic, const Delta& delta);
  void on_page(const std::string& topic, const Delta& page);
  void on_notice(const Notice& notice);

  void begin_snapshot(ScopeDatabase& disk, const Delta& page);
  void end_snapshot(ScopeDatabase& disk);
  bool apply(const std::string& topic, ScopeDatabase& disk, const Delta& delta);
  bool holds_bases(const ScopeDatabase& disk, const Delta& delta);
  bool apply(const std::string& topic, ScopeDatabase& disk, const Change& change);
  void check_digest(const std::string& topic, const ScopeDatabase& disk, const Delta& delta);
  void learn(const std::string& topic, const MutationResult& result);
  void cover(const std::string& topic, ScopeDatabase& disk, std::uint64_t n, std::int64_t now_ms);
  void on_numbers(const std::string& topic, ScopeDatabase& disk, std::uint64_t n, std::int64_t now_ms);
  void drop_front(const std::string& topic, ScopeDatabase& disk);
  void finish_move(const std::string& topic, ScopeDatabase& disk, std::uint64_t n);
  void take_new_src(const std::string& topic, ScopeDatabase& disk);
  void leave_scope(const std::string& topic);

  Parts parts_;
  std::map<std::string, ScopeDatabase> disk_;
  std::map<std::string, ScopeDatabase> backup_;
  std::map<std::string, Session> session_;
  std::string server_epoch_;
  bool wants_online_ = false;
  std::uint64_t life_ = 0;  // rises with each crash: timers of an earlier one do nothing
  std::uint64_t names_ = 0;
};

}  // namespace msync::sim
