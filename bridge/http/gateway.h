// MQTT in WebSockets (subprotocol mqtt or mqttv3.1), handed on to the broker's TCP port: browsers need one origin only.
//
// Bytes go both ways unread; the broker's door judges them like any others. Frames are binary. Each side is read only when
// what it sent before is with the other, so a slow peer costs one buffer. Bounded by limits::gateway_*. On the server's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "bridge/http/connection.h"
#include "bridge/http/server.h"

namespace msync {

class Gateway {
 public:
  Gateway(asio::io_context& context, GatewayOptions options)
      : context_(context), options_(std::move(options)) {}

  /// Accepts the WebSocket, or answers 403, 503 or 400 and closes.
  void take(beast::tcp_stream&& stream, BeastRequest&& request, bool origin_allowed);

  void close_all();

  /// Any thread.
  std::size_t size() const { return count_; }

 private:
  class Tunnel;
  void forget(std::uint64_t id, const std::string& address);

  asio::io_context& context_;
  GatewayOptions options_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Tunnel>> tunnels_;
  std::unordered_map<std::string, std::size_t> by_address_;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace msync
