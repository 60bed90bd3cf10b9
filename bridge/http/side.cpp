#include "bridge/http/side.h"

#include <spdlog/spdlog.h>

#include "mqtt/broker_address.h"

namespace msync {

HttpSide::HttpSide(const HttpOptions& options, HttpApp::Parts parts) {
  parts.callers = options.callers;
  parts.origins = options.origins;
  app_ = std::make_unique<HttpApp>(std::move(parts));
  server_ = std::make_unique<HttpServer>(*app_, options.address, options.gateway);
  spdlog::info("event=http_listening host={} port={}", options.address.host, server_->port());
  if (!options.address.loopback)
    spdlog::warn(
        "event=http_without_tls host={} remedy=\"tokens travel readably: put a TLS proxy before it, or "
        "listen on "
        "127.0.0.1\"",
        options.address.host);
}

HttpSide::~HttpSide() {
  stop();
}

void HttpSide::start() {
  app_->start();
  server_->start();
}

void HttpSide::stop() {
  server_->stop();
  app_->stop();
}

GatewayOptions gateway_to(const std::string& broker) {
  const auto address = parse_broker(broker);
  if (!address || address->tls) return {};
  return {address->host, address->port};
}

}  // namespace msync
