#include "bridge/http/gateway.h"

#include <array>

#include "bridge/http/problem.h"
#include "core/limits.h"

namespace msync {
namespace {

/// The first of the protocols that a client offers which we speak; empty: none.
std::string_view chosen_protocol(std::string_view offered) {
  while (!offered.empty()) {
    std::string_view one = offered.substr(0, offered.find(','));
    offered.remove_prefix(std::min(one.size() + 1, offered.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "mqtt" || one == "mqttv3.1") return one == "mqtt" ? "mqtt" : "mqttv3.1";
  }
  return {};
}

void refuse(beast::tcp_stream&& stream, const HttpResponse& why) {
  auto kept = std::make_shared<beast::tcp_stream>(std::move(stream));
  auto answer =
      std::make_shared<http::response<http::string_body>>(static_cast<http::status>(why.status), 11);
  answer->set(http::field::content_type, why.content_type);
  answer->keep_alive(false);
  answer->body() = why.body;
  answer->prepare_payload();
  kept->expires_after(std::chrono::milliseconds(limits::http_idle_ms));
  http::async_write(*kept, *answer, [kept, answer](beast::error_code, std::size_t) { kept->close(); });
}

}  // namespace

class Gateway::Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(Gateway& gateway, std::uint64_t id, std::string address, beast::tcp_stream&& stream)
      : gateway_(gateway),
        id_(id),
        address_(std::move(address)),
        socket_(std::move(stream)),
        broker_(gateway.context_),
        connecting_(gateway.context_) {}

  void start(BeastRequest&& request);
  void close();

 private:
  void connected(beast::error_code error, std::string_view protocol);
  void read_client();
  void read_broker();
  /// Ends it if there is an error; false then.
  bool well(beast::error_code error);

  Gateway& gateway_;
  std::uint64_t id_;
  std::string address_;
  websocket::stream<beast::tcp_stream> socket_;
  tcp::socket broker_;
  asio::steady_timer connecting_;
  BeastRequest request_;
  beast::flat_buffer from_client_;
  std::array<char, 4096> from_broker_ = {};
  bool closed_ = false;
};

void Gateway::Tunnel::start(BeastRequest&& request) {
  request_ = std::move(request);
  beast::error_code error;
  const auto ip = asio::ip::make_address(gateway_.options_.broker_host, error);
  const auto then = [self = shared_from_this()](beast::error_code failed) {
    const auto offered = self->request_[http::field::sec_websocket_protocol];
    self->connected(failed, chosen_protocol({offered.data(), offered.size()}));
  };
  connecting_.expires_after(std::chrono::milliseconds(limits::http_idle_ms));
  connecting_.async_wait([self = shared_from_this()](beast::error_code stopped) {
    if (!stopped) self->close();
  });
  if (!error) return broker_.async_connect({ip, gateway_.options_.broker_port}, then);
  auto resolver = std::make_shared<tcp::resolver>(gateway_.context_);
  resolver->async_resolve(gateway_.options_.broker_host, std::to_string(gateway_.options_.broker_port),
                          [self = shared_from_this(), resolver, then](
                              beast::error_code failed, const tcp::resolver::results_type& found) {
                            if (failed) return then(failed);
                            asio::async_connect(
                                self->broker_, found,
                                [then](beast::error_code one, const tcp::endpoint&) { then(one); });
                          });
}

void Gateway::Tunnel::connected(beast::error_code error, std::string_view protocol) {
  if (closed_) return;
  connecting_.cancel();
  if (error) {
    refuse(std::move(socket_.next_layer()), problem(503, "broker", "the broker cannot be reached"));
    closed_ = true;
    return gateway_.forget(id_, address_);
  }
  broker_.set_option(tcp::no_delay(true), error);
  auto timeouts = websocket::stream_base::timeout::suggested(beast::role_type::server);
  timeouts.idle_timeout = std::chrono::milliseconds(limits::gateway_idle_ms);
  timeouts.keep_alive_pings = false;  // MQTT has its own
  socket_.set_option(timeouts);
  socket_.set_option(websocket::stream_base::decorator([protocol](websocket::response_type& response) {
    response.set(http::field::sec_websocket_protocol, beast::string_view(protocol.data(), protocol.size()));
  }));
  socket_.read_message_max(limits::gateway_frame_bytes);
  socket_.binary(true);
  socket_.async_accept(request_, [self = shared_from_this()](beast::error_code failed) {
    if (!self->well(failed)) return;
    self->request_ = {};
    self->read_client();
    self->read_broker();
  });
}

bool Gateway::Tunnel::well(beast::error_code error) {
  if (error) close();
  return !closed_;
}

void Gateway::Tunnel::read_client() {
  socket_.async_read(from_client_, [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (!self->well(error)) return;
    if (!self->socket_.got_binary()) {
      return self->socket_.async_close(websocket::close_code::unknown_data,
                                       [self](beast::error_code) { self->close(); });
    }
    asio::async_write(self->broker_, self->from_client_.data(),
                      [self](beast::error_code failed, std::size_t sent) {
                        if (!self->well(failed)) return;
                        self->from_client_.consume(sent);
                        self->from_client_.shrink_to_fit();
                        self->read_client();
                      });
  });
}

void Gateway::Tunnel::read_broker() {
  broker_.async_read_some(asio::buffer(from_broker_),
                          [self = shared_from_this()](beast::error_code error, std::size_t got) {
                            if (self->closed_) return;
                            if (error)
                              return self->socket_.async_close(websocket::close_code::going_away,
                                                               [self](beast::error_code) { self->close(); });
                            self->socket_.async_write(asio::buffer(self->from_broker_.data(), got),
                                                      [self](beast::error_code failed, std::size_t) {
                                                        if (self->well(failed)) self->read_broker();
                                                      });
                          });
}

void Gateway::Tunnel::close() {
  if (closed_) return;
  closed_ = true;
  connecting_.cancel();
  beast::error_code ignored;
  broker_.close(ignored);
  beast::get_lowest_layer(socket_).close();
  gateway_.forget(id_, address_);
}

void Gateway::take(beast::tcp_stream&& stream, BeastRequest&& request, bool origin_allowed) {
  if (options_.broker_host.empty())
    return refuse(std::move(stream), problem(404, "not_found", "there is no gateway"));
  if (!origin_allowed)
    return refuse(std::move(stream), problem(403, "denied", "pages of this origin may not connect"));
  const auto offered = request[http::field::sec_websocket_protocol];
  if (chosen_protocol({offered.data(), offered.size()}).empty())
    return refuse(std::move(stream), problem(400, "malformed", "offer the subprotocol mqtt"));
  beast::error_code ignored;
  std::string address = sender_of(request, stream.socket().remote_endpoint(ignored).address().to_string());
  const auto found = by_address_.find(address);
  const std::size_t own = found == by_address_.end() ? 0 : found->second;
  if (tunnels_.size() >= limits::gateway_connections || own >= limits::gateway_connections_per_address)
    return refuse(std::move(stream), problem(503, "busy", "too many connections"));
  by_address_[address] += 1;
  const std::uint64_t id = ++last_id_;
  auto tunnel = std::make_shared<Tunnel>(*this, id, std::move(address), std::move(stream));
  tunnels_.emplace(id, tunnel);
  count_ = tunnels_.size();
  tunnel->start(std::move(request));
}

void Gateway::forget(std::uint64_t id, const std::string& address) {
  if (tunnels_.erase(id) == 0) return;
  count_ = tunnels_.size();
  if (const auto own = by_address_.find(address); own != by_address_.end() && --own->second == 0)
    by_address_.erase(own);
}

void Gateway::close_all() {
  std::vector<std::shared_ptr<Tunnel>> all;
  for (const auto& [id, tunnel] : tunnels_) all.push_back(tunnel);
  for (const auto& tunnel : all) tunnel->close();
}

}  // namespace msync
