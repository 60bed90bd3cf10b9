// The bridge's HTTP side: app and server together, made and ended by the daemon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/http/app.h"
#include "bridge/http/server.h"

namespace msync {

struct HttpOptions {
  HttpAddress address;
  CallerRules callers;
  std::vector<std::string> origins;
  GatewayOptions gateway;
  bool demo = false;  // the demo app at /demo
};

class HttpSide {
 public:
  /// Listens at once; throws std::runtime_error if that fails. `parts` without callers and origins.
  HttpSide(const HttpOptions& options, HttpApp::Parts parts);
  /// Ends what stop() has not. Whoever may still hold an Exchange must be gone before.
  ~HttpSide();
  HttpSide(const HttpSide&) = delete;
  HttpSide& operator=(const HttpSide&) = delete;

  /// Before start(): pages are added to it.
  HttpApp& app() { return *app_; }
  const HttpServer& server() const { return *server_; }

  void start();
  void stop();

 private:
  // An answer that nobody gave is given back to the server when its last holder goes, so the server goes last.
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpApp> app_;
};

/// Where the gateway finds the broker: its address without TLS, nothing for mqtts://.
GatewayOptions gateway_to(const std::string& broker);

}  // namespace msync
