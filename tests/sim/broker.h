// The simulated broker, with the plugin's eyes: sessions, retained messages, stamps and rights; and everything that a
// bad network and a broker that forgets can do. One thread, virtual time.
//
// Messages of one topic stay in order unless `shuffle_percent` says otherwise; those of different topics overtake each
// other. Past `queue_max` the newest is dropped, as Mosquitto does.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/address.h"
#include "mqtt/link.h"
#include "tests/sim/choices.h"
#include "tests/sim/timeline.h"

namespace msync::sim {

/// What the network does between two ends.
struct Faults {
  int drop_percent = 0;
  int repeat_percent = 0;
  int shuffle_percent = 0;
  int delay_ms = 5;
};

class Broker {
 public:
  struct Peer {
    virtual ~Peer() = default;
    virtual void deliver(LinkMessage&& message) = 0;
    virtual void connected() = 0;
    virtual void disconnected() = 0;
  };
  /// May this client receive (or publish) on this topic now?
  using May = std::function<bool(const std::string& client, const Address& address, bool receive)>;

  Broker(Timeline& timeline, Choices& choices, std::shared_ptr<const Collections> collections, May may);

  /// Connects some time later, unless connected.
  void connect(const std::string& client, Peer& peer);
  void disconnect(const std::string& client, bool with_will = true);
  bool is_connected(const std::string& client) const;
  void set_will(const std::string& client, Publish will) { sessions_[client].will = std::move(will); }

  /// Retained messages that match come at once.
  void subscribe(const std::string& client, const std::string& filter);

  /// From a client, over the network. `done`, if the broker acknowledges; not called if the connection breaks before.
  void publish(const std::string& client, const Publish& message, std::function<void()> done = {});

  /// A message of the broker itself.
  void tell(const std::string& client, const std::string& topic, const std::string& payload);

  /// The session is gone: subscriptions and queue; its client is cut off.
  void forget(const std::string& client);
  void restart(int mode);
  /// What a later restart goes back to.
  void save_retained() { saved_retained_ = retained_; }
  /// What this client has under way to the broker is lost.
  void lose_sent(const std::string& client) { ++sessions_[client].sender; }

  Faults faults;
  std::size_t queue_max = 1000;
  std::uint64_t lost = 0;  // messages

  static constexpr const char* stamp_key = "simulated-stamp-key-of-32-bytes!";

 private:
  struct Session {
    Peer* peer = nullptr;
    bool connected = false;
    std::uint64_t connection = 0;  // rises with each: what was under way before is not delivered
    std::uint64_t sender = 0;
    std::set<std::string> filters;
    std::deque<LinkMessage> queue;  // while it is away
    std::size_t in_flight = 0;
    std::map<std::string, std::int64_t> last_at_ms;  // by topic: order
    std::optional<Publish> will;
  };

  void receive(const std::string& client, Publish message);
  void refuse(const std::string& client, const std::string& topic);
  void route(const LinkMessage& message, bool retain);
  void send(const std::string& client, LinkMessage message);
  void arrive(const std::string& client, LinkMessage message, std::uint64_t connection);
  std::int64_t delay();
  bool may_receive(const std::string& client, const std::string& topic) const;

  Timeline& timeline_;
  Choices& choices_;
  std::shared_ptr<const Collections> collections_;
  May may_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, std::string> retained_;
  std::map<std::string, std::string> saved_retained_;
};

}  // namespace msync::sim
