// One attempt to reach a broker, and the connection that may come of it. The only place that knows Paho.
//
// A link makes a new one for every attempt, so nothing that one connection left behind (Paho's own resends, its
// queue, its dead tokens) reaches the next. Events and `done` come on Paho's thread, under Paho's lock: they
// must not call back into any Connection. The destructor waits for the one that is running; after it none comes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mqtt/broker_address.h"
#include "mqtt/link.h"

namespace msync {

class Connection {
 public:
  struct Events {
    std::function<void(LinkMessage&&)> message;
    std::function<void(std::uint64_t id, Published)> published;
    std::function<void(const std::string& why)> lost;
  };

  struct Failure {
    std::string why;  // in words; empty: it worked
    int reason = 0;   // the broker's, of MQTT 5; 0: it has not answered
  };

  struct Connected {
    Failure failure;
    bool session_present = false;
    std::size_t receive_max = 65535;  // publishes that the broker takes unacknowledged
  };

  Connection(const LinkOptions& options, const BrokerAddress& address, Events events);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Each of the three returns at once and can be called once. They throw std::exception where Paho refuses the call. `done`
  // is not called if the connection breaks or is destroyed before.
  void connect(const std::string& token, std::function<void(const Connected&)> done);
  void subscribe(const std::vector<std::string>& filters, std::function<void(const Failure&)> done);
  void disconnect(int timeout_ms, std::function<void()> done);

  /// More filters, or no more of them, while connected: any number of times. The broker's answer is not waited for, nor does
  /// a refused filter harm the others.
  void add(const std::vector<std::string>& filters);
  void remove(const std::vector<std::string>& filters);

  /// False if there is no connection. Events::published tells the end, unless the connection breaks before.
  bool publish(std::uint64_t id, const Publish& message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msync
