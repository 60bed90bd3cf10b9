// The bridge's core under virtual time: the committer on a watched store in memory, pulls, cursors and tail, wired as
// the daemon wires them, with the broker's peer instead of a link. It can die at any call to the store and at any
// publish; what is in memory is then gone and a new life begins some time later.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "bridge/cursors.h"
#include "bridge/patches.h"
#include "bridge/pull_answer.h"
#include "bridge/retrying_committer.h"
#include "tests/sim/broker.h"
#include "tests/sim/watched_store.h"

namespace msync::sim {

class Server final : public Broker::Peer {
 public:
  Server(std::string name, std::shared_ptr<const Collections> collections, Broker& broker, Timeline& timeline,
         Choices& choices, Ledger& ledger);
  ~Server() override;

  static constexpr const char* client = "mosquitto-sync:bridge";

  void start();
  /// The process ends without a word; `start()` comes by itself.
  void die();
  void lose_connection(std::int64_t for_ms);

  void purge(const std::string& topic, int percent);
  void sweep();
  /// What the store says of itself must hold together.
  void verify();
  void back_up();
  void restore();

  void deliver(LinkMessage&& message) override;
  void connected() override;
  void disconnected() override;

  bool is_idle() const {
    return committer_ != nullptr && inbox_.empty() && pulls_.empty() && cursors_->idle();
  }
  bool store_open() const { return store_ != nullptr; }
  std::string epoch() const { return identity_.epoch; }
  std::uint64_t head(const std::string& topic);
  StoreReader& reader() { return *reader_; }
  /// The store itself, between transactions.
  Store& store() { return store_->unwatched(); }

  StoreFaults faults;
  int die_at_publish = 0;                             // the n-th from now; 0: not
  std::map<std::string, std::int64_t> deaf_until_ms;  // by client: what it sent before is lost

 private:
  static constexpr std::size_t inbox_max = 64;

  void survive(const std::function<void()>& body);
  std::unique_ptr<Store> open();
  std::int64_t now_ms();
  void work();
  void publish(const Publish& message, std::function<void()> done = {});
  void hand_over(Committed&& committed);
  void note(const Reply& reply);
  void answer_pulls();
  void send_heads();
  void send_tail();

  std::string name_;
  std::shared_ptr<const Collections> collections_;
  Broker& broker_;
  Timeline& timeline_;
  Choices& choices_;
  Ledger& ledger_;
  std::unique_ptr<StoreReader> reader_;  // also keeps the store in memory alive
  WatchedStore* store_ = nullptr;        // the committer's, while it is open
  std::unique_ptr<RetryingCommitter> committer_;
  std::unique_ptr<Cursors> cursors_;
  Patches patches_;
  StoreIdentity identity_;
  std::deque<Inbound> inbox_;
  std::deque<std::pair<std::string, PullAnswer>> pulls_;  // with the client's inbox
  std::vector<std::pair<std::int64_t, std::uint64_t>> unsaved_cursors_;
  std::optional<std::string> retained_status_;
  std::vector<ScopeRow> lost_heads_;
  std::int64_t last_now_ms_ = 0;
  std::int64_t lost_until_ms_ = 0;
  std::uint64_t life_ = 0;
  bool ready_ = false;  // connected and announced
  bool working_ = false;
  std::unique_ptr<Store> backup_place_;  // keeps it in memory
  std::optional<Ledger::State> backup_;
};

}  // namespace msync::sim
