// The way to the broker: one MQTT 5 connection at a time, with a thread of its own that publishes and subscribes. Knows
// nothing of the protocol, and makes no second attempt: connector.h decides when.
//
// A message is acknowledged to the broker when its `done` was called; until then the hook's thread (Paho's) waits, and
// nothing else moves on the connection. So who takes messages must never wait for this class: every call but close() and
// the destructor returns at once, and those wait for a second or two. Hooks come on Paho's thread or the wire's own, and
// must not wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mqtt/link.h"

namespace msync::client {

class Wire {
 public:
  /// `attempt` is the number given to open().
  struct Hooks {
    std::function<void(std::uint64_t attempt)> connected;
    /// Once, when it has ended or could not be made, except after close(). `refused`: the broker did not take the token, or
    /// the client id.
    std::function<void(std::uint64_t attempt, bool refused, const std::string& why)> closed;
    /// `done` may be called late, or never: the hook then waits until the connection ends. Paho acknowledges nevertheless: what
    /// was not stored must be asked for on the next connection.
    std::function<void(std::uint64_t attempt, LinkMessage&& message, std::function<void()> done)> message;
  };

  struct Target {
    std::string broker;
    std::string client_id;
    std::string token;
    std::string ca_file;
    std::function<Publish()> will;  // empty: none
  };

  explicit Wire(Hooks hooks);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Begins to connect. The one before must have been closed.
  void open(std::uint64_t attempt, Target target);
  /// Dropped without a connection, and when bounds::queued_messages wait already.
  void publish(Publish message);
  void subscribe(std::vector<std::string> filters);
  void unsubscribe(std::vector<std::string> filters);
  /// Nothing comes of this connection any more. `politely`: after what waits to be published, and with a goodbye.
  void close(bool politely);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msync::client
