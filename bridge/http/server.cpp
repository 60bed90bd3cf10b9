#include "bridge/http/server.h"

#include <spdlog/spdlog.h>

#include <charconv>
#include <future>
#include <unordered_map>

#include "bridge/http/connection.h"
#include "bridge/http/gateway.h"

namespace msync {
namespace {

constexpr auto tick_time = std::chrono::seconds(1);
constexpr auto accept_pause = std::chrono::milliseconds(100);  // where there is no file descriptor left

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<HttpAddress> parse_http_address(std::string_view text) {
  const Error bad{Code::bad_config, "write HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080", ""};
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return bad;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  HttpAddress address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return bad;
  address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  boost::system::error_code failed;
  const auto ip = asio::ip::make_address(address.host, failed);
  if (failed) return bad;
  address.loopback = ip.is_loopback();
  return address;
}

struct HttpServer::Impl {
  Impl(HttpApp& app, const HttpAddress& address, GatewayOptions gateway)
      : app(app),
        acceptor(context),
        timer(context),
        pause(context),
        gateway(context, std::move(gateway)),
        host{app, address.loopback,
             [this](beast::tcp_stream&& stream, BeastRequest&& request) {
               upgrade(std::move(stream), std::move(request));
             },
             [this](std::uint64_t id) { connections.erase(id), count = connections.size(); }} {
    listen(address);
  }

  void listen(const HttpAddress& address);
  void accept();
  void tick();
  void upgrade(beast::tcp_stream&& stream, BeastRequest&& request);
  void close_all();

  HttpApp& app;
  asio::io_context context{1};
  tcp::acceptor acceptor;
  asio::steady_timer timer, pause;
  Gateway gateway;
  ConnectionHost host;
  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<HttpConnection>> connections;
  std::atomic<std::size_t> count = 0;
  std::future<void> done;
};

void HttpServer::Impl::listen(const HttpAddress& address) {
  const tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("--http " + address.host + ":" + std::to_string(address.port) + ": " +
                             error.code().message());
  }
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {
      pause.expires_after(accept_pause);
      pause.async_wait([this](beast::error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    if (connections.size() < limits::http_connections) {
      const std::uint64_t id = ++last_id;
      auto connection = std::make_shared<HttpConnection>(host, id, std::move(socket));
      connections.emplace(id, connection);
      count = connections.size();
      connection->start();
    }
    accept();
  });
}

void HttpServer::Impl::tick() {
  timer.expires_after(tick_time);
  timer.async_wait([this](beast::error_code error) {
    if (error) return;
    app.tick();
    std::vector<std::shared_ptr<HttpConnection>> all;
    for (const auto& [id, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->look(steady_ms());
    tick();
  });
}

void HttpServer::Impl::upgrade(beast::tcp_stream&& stream, BeastRequest&& request) {
  HttpRequest plain;
  plain.headers = {{"host", std::string(request[http::field::host])}};
  if (request.count(http::field::origin) > 0)
    plain.headers.emplace_back("origin", std::string(request[http::field::origin]));
  gateway.take(std::move(stream), std::move(request), app.origin_allowed(plain));
}

void HttpServer::Impl::close_all() {
  beast::error_code ignored;
  acceptor.close(ignored);
  timer.cancel();
  pause.cancel();
  gateway.close_all();
  std::vector<std::shared_ptr<HttpConnection>> all;
  for (const auto& [id, connection] : connections) all.push_back(connection);
  for (const auto& connection : all) connection->close();
}

HttpServer::HttpServer(HttpApp& app, const HttpAddress& address, GatewayOptions gateway)
    : impl_(std::make_unique<Impl>(app, address, std::move(gateway))) {}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::start() {
  impl_->accept();
  impl_->tick();
  impl_->done = std::async(std::launch::async, [this] {
    while (true) {
      try {
        impl_->context.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("event=http_failed reason=\"{}\"", error.what());
      }
    }
  });
}

void HttpServer::stop() {
  if (!impl_->done.valid()) return;
  asio::post(impl_->context, [this] { impl_->close_all(); });
  impl_->done.get();
}

std::uint16_t HttpServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}

std::size_t HttpServer::connections() const {
  return impl_->count;
}

std::size_t HttpServer::gateway_connections() const {
  return impl_->gateway.size();
}

}  // namespace msync
