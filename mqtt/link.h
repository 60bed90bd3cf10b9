// The link: one MQTT 5 connection that stays up. The only place that knows Paho.
//
// Used by the bridge and by the command line's clients. It connects, keeps trying (limits::reconnect_*), asks
// for its subscriptions again on every connect, and holds its own window of unacknowledged publishes, because
// Paho's throughput collapses past the broker's Receive Maximum.
//
// Threads: handlers and `done` are called one at a time, on Paho's thread or the link's own; none of them may
// throw. A message is acknowledged to the broker when its handler returns, so a handler that waits holds the
// broker back. But while it waits nothing else moves on any link of this process: no PUBACK is seen, no
// publish leaves, no ping. So its wait must be bounded, well below half the keep-alive, and what it waits for
// must not itself wait for a publish, or both wait for ever. publish() may be called from one thread of the
// caller's at a time, never from a handler (that throws); it waits while the window is full. close() from any
// thread but these.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "core/result.h"

namespace msync {

struct LinkMessage {
  std::string topic;
  std::string payload;
  bool retained = false;
  bool duplicate = false;
  std::vector<std::pair<std::string, std::string>> user_properties;
};

struct Publish {
  std::string topic;
  std::string payload;
  int qos = 1;
  bool retained = false;
  std::string content_type = {};  // such as application/json; empty: none
  std::uint32_t expiry_s = 0;     // 0: none
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

struct LinkOptions {
  std::string broker;                  // mqtt://host:port (mqtts:// with ca_file)
  std::string client_id;               // <user>:<device>
  std::function<std::string()> token;  // asked at every connect; the password
  std::string ca_file = {};            // mqtts: whom to believe; empty: what the system trusts
  std::string cert_file = {};          // mqtts: our own certificate and key, where the broker asks for one
  std::string key_file = {};
  bool clean_start = true;  // false: a persistent session (the bridge)
  std::uint32_t session_expiry_s = 0;
  std::uint16_t receive_max = 1000;  // what the broker may send us unacknowledged
  int keep_alive_s = 30;
  std::size_t window = limits::publish_window;
  std::function<Publish()> will = {};  // asked at every connect
};

/// What a publish came to. `reason` is MQTT 5's (0x87: not authorized); 0x10 (no subscribers) counts as done.
struct Published {
  bool ok = false;
  int reason = 0;
};

class Link {
 public:
  struct Handlers {
    /// Those of a resumed session may come before `connected`.
    std::function<void(LinkMessage&&)> message;
    /// After every successful connect and after the subscriptions were granted. Must not block.
    std::function<void(bool session_present)> connected = {};
    /// With what happened, for the log. Also after a failed attempt, each time with the pause until the next.
    std::function<void(const std::string& why)> disconnected = {};
  };

  /// Throws std::invalid_argument if `broker` is no address (see parse_broker).
  Link(LinkOptions options, Handlers handlers);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Filters asked for on every connect, at QoS 1; after open() from the next connect on (see reconnect()).
  void subscribe(std::vector<std::string> filters);

  /// Drops the connection, if there is one, and makes a new one: with the filters and the token of now.
  void reconnect();

  /// Starts connecting and keeps at it; returns at once.
  void open();

  bool is_connected() const;

  /// The reason (of MQTT 5, such as 0x87: not authorized) with which the broker refused the last attempt to
  /// connect or to subscribe; 0 if the last attempt worked, or did not get so far.
  int last_refusal() const;

  /// Waits for a place in the window, then sends. `done` is called once when the broker has acknowledged or
  /// refused, or when the connection broke before (ok = false: unknown). False if there is no
  /// connection; `done` is then not called.
  bool publish(const Publish& message, std::function<void(Published)> done = {});

  /// publish() and wait for its end, at most `timeout_ms`.
  Published publish_and_wait(const Publish& message, int timeout_ms = limits::publish_timeout_ms);

  /// Waits until no publish is outstanding; false after `timeout_ms`.
  bool drain(int timeout_ms);

  /// Disconnects (a will is not sent) and stops trying. No handler is called after it returns.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msync
