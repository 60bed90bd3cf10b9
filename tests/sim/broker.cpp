#include "tests/sim/broker.h"

#include "core/message.h"
#include "core/stamp.h"

namespace msync::sim {

Broker::Broker(Timeline& timeline, Choices& choices, std::shared_ptr<const Collections> collections, May may)
    : timeline_(timeline), choices_(choices), collections_(std::move(collections)), may_(std::move(may)) {}

std::int64_t Broker::delay() {
  return 1 + static_cast<std::int64_t>(choices_.below(static_cast<std::uint64_t>(faults.delay_ms) + 1));
}

bool Broker::is_connected(const std::string& client) const {
  const auto found = sessions_.find(client);
  return found != sessions_.end() && found->second.connected;
}

bool Broker::may_receive(const std::string& client, const std::string& topic) const {
  return may_(client, classify(*collections_, topic), true);
}

void Broker::connect(const std::string& client, Peer& peer) {
  Session& session = sessions_[client];
  if (session.connected) return;
  session.peer = &peer;
  session.connected = true;
  ++session.connection;
  session.last_at_ms.clear();
  peer.connected();
  auto waiting = std::move(session.queue);
  session.queue.clear();
  for (LinkMessage& message : waiting) {
    if (may_receive(client, message.topic)) send(client, std::move(message));
  }
}

void Broker::disconnect(const std::string& client, bool with_will) {
  const auto found = sessions_.find(client);
  if (found == sessions_.end() || !found->second.connected) return;
  Session& session = found->second;
  session.connected = false;
  session.peer->disconnected();
  if (!with_will || !session.will) return;
  if (session.will->retained) retained_[session.will->topic] = session.will->payload;
  route({session.will->topic, session.will->payload, false, false, {}}, false);
}

void Broker::subscribe(const std::string& client, const std::string& filter) {
  sessions_[client].filters.insert(filter);
  for (const auto& [topic, payload] : retained_) {
    if (filter_matches(filter, topic) && may_receive(client, topic))
      send(client, {topic, payload, true, false, {}});
  }
}

void Broker::publish(const std::string& client, const Publish& message, std::function<void()> done) {
  Session& session = sessions_[client];
  if (!session.connected) return;
  const bool dropped = choices_.chance(faults.drop_percent);
  const int copies = 1 + (choices_.chance(faults.repeat_percent) ? 1 : 0);
  for (int i = 0; i < copies; ++i) {
    std::int64_t at_ms = timeline_.now_ms() + delay();
    auto& last = session.last_at_ms["out " + message.topic];
    // What one client retains on one topic stays in order, as MQTT promises; else old heads would stay for ever.
    const bool shuffled = !message.retained && choices_.chance(faults.shuffle_percent);
    if (!shuffled) last = at_ms = std::max(at_ms, last);
    timeline_.at(at_ms, [=, this, connection = session.connection, sender = session.sender,
                         done = i == 0 ? done : nullptr] {
      Session& now = sessions_[client];
      // Without its acknowledgement the connection has broken: the message may still have come through.
      const bool cut = !now.connected || now.connection != connection;
      if (now.sender != sender || dropped || (cut && choices_.chance(50))) {
        ++lost;
        if (dropped && !cut) disconnect(client);
        return;
      }
      receive(client, message);
      if (done && !cut) done();
    });
  }
}

void Broker::receive(const std::string& client, Publish message) {
  const Address address = classify(*collections_, message.topic);
  if (!may_(client, address, false)) return refuse(client, message.topic);
  LinkMessage out{message.topic, message.payload, false, false, {}};
  if (address.kind == Address::Kind::scope && address.leaf <= Leaf::seen) {
    const Stamp stamp{client.substr(0, client.rfind(':')), client, timeline_.now_ms()};
    out.user_properties = {{std::string(stamp_user), stamp.user},
                           {std::string(stamp_client), stamp.client},
                           {std::string(stamp_at), std::to_string(stamp.at_ms)},
                           {std::string(stamp_mac), stamp_mac_of(stamp_key, stamp, out.topic, out.payload)}};
  }
  route(out, message.retained);
}

void Broker::refuse(const std::string& client, const std::string& topic) {
  tell(client, "sync/" + client + "/notice",
       encode(Notice{Code::denied, "no right", topic, "", "", 0, {}, {}}));
}

void Broker::tell(const std::string& client, const std::string& topic, const std::string& payload) {
  if (sessions_[client].filters.contains("sync/" + client + "/#"))
    send(client, {topic, payload, false, false, {}});
}

void Broker::route(const LinkMessage& message, bool retain) {
  if (retain) retained_[message.topic] = message.payload;
  for (auto& [client, session] : sessions_) {
    const bool wanted =
        std::any_of(session.filters.begin(), session.filters.end(),
                    [&](const std::string& filter) { return filter_matches(filter, message.topic); });
    if (wanted && may_receive(client, message.topic)) send(client, message);
  }
}

void Broker::send(const std::string& client, LinkMessage message) {
  Session& session = sessions_[client];
  if (session.queue.size() + session.in_flight >= queue_max) {
    ++lost;
    return;
  }
  if (!session.connected) {
    session.queue.push_back(std::move(message));
    return;
  }
  ++session.in_flight;
  std::int64_t at_ms = timeline_.now_ms() + delay();
  auto& last = session.last_at_ms[message.topic];
  if (!choices_.chance(faults.shuffle_percent)) last = at_ms = std::max(at_ms, last);
  timeline_.at(at_ms, [=, this, connection = session.connection]() mutable {
    arrive(client, std::move(message), connection);
  });
}

void Broker::arrive(const std::string& client, LinkMessage message, std::uint64_t connection) {
  Session& session = sessions_[client];
  if (session.in_flight > 0) --session.in_flight;
  if (!session.connected || session.connection != connection) {
    // The session kept it, or it was on the wire and is not sent again.
    if (session.filters.empty() || !may_receive(client, message.topic) || choices_.chance(30)) {
      ++lost;
    } else {
      send(client, std::move(message));
    }
    return;
  }
  if (choices_.chance(faults.drop_percent)) {
    ++lost;
    return;
  }
  const bool again = choices_.chance(faults.repeat_percent);
  if (again) {
    ++session.in_flight;
    timeline_.after(delay(), [=, this] { arrive(client, message, connection); });
  }
  session.peer->deliver(std::move(message));
}

void Broker::forget(const std::string& client) {
  disconnect(client);
  Session& session = sessions_[client];
  session.filters.clear();
  session.queue.clear();
}

void Broker::restart(int mode) {
  std::vector<std::string> clients;
  for (const auto& [client, session] : sessions_) clients.push_back(client);
  for (const std::string& client : clients) {
    disconnect(client, false);
    if (mode >= 1) sessions_[client].queue.clear();
    if (mode >= 2) sessions_[client].filters.clear();
  }
  if (mode == 2) retained_.clear();
  if (mode == 3) retained_ = saved_retained_;
}

}  // namespace msync::sim
