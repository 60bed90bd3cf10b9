// The HTTP server: sockets, timeouts, limits. This file and the gateway's are the only ones with Boost.Beast.
//
// One thread of its own for all connections; it never waits for anything but the network. Requests go to HttpApp, WebSocket
// connections to /mqtt to the gateway. Connections, heads, bodies and idle times are bounded by limits::http_*.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bridge/http/app.h"

namespace msync {

struct HttpAddress {
  std::string host;  // an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;
  bool loopback = false;
};

/// HOST:PORT or [HOST]:PORT, HOST an address or localhost. Code::bad_config with what is wrong.
Result<HttpAddress> parse_http_address(std::string_view text);

struct GatewayOptions {
  std::string broker_host;  // its plain TCP listener; empty: no gateway
  std::uint16_t broker_port = 0;
};

class HttpServer {
 public:
  /// Listens at once. Throws std::runtime_error, saying what is taken or forbidden, if it cannot.
  HttpServer(HttpApp& app, const HttpAddress& address, GatewayOptions gateway);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();

  /// Accepts no more, closes every connection. Any thread but its own.
  void stop();

  std::uint16_t port() const;
  std::size_t connections() const;
  std::size_t gateway_connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msync
