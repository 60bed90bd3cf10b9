#include "bridge/http/connection.h"

#include <cstdio>

#include "bridge/http/client_address.h"
#include "bridge/http/problem.h"
#include "core/limits.h"

namespace msync {
namespace {

constexpr auto idle = std::chrono::milliseconds(limits::http_idle_ms);

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool loopback_host(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(0, host.find(']') + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

/// What every answer carries.
constexpr std::pair<const char*, const char*> common_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Content-Security-Policy",
     "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}};

bool has(const HttpResponse& response, std::string_view name) {
  for (const auto& [one, value] : response.headers)
    if (lower(one) == lower(name)) return true;
  return false;
}

}  // namespace

std::string sender_of(const BeastRequest& message, const std::string& peer) {
  std::string forwarded;
  const auto [first, end] = message.equal_range("X-Forwarded-For");
  for (auto field = first; field != end; ++field) forwarded = std::string(field->value());
  return client_address(peer, forwarded);
}

/// Answers come from any thread; the connection lives on the server's.
class HttpConnection::Reply : public Exchange, public std::enable_shared_from_this<Reply> {
 public:
  explicit Reply(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}

  ~Reply() override {
    if (!answered_.exchange(true)) give(problem(503, "store", "the request was given up"));
  }

  void respond(HttpResponse&& response) override {
    if (!answered_.exchange(true)) give(std::move(response));
  }

  void start_stream(HttpResponse&& head, std::function<void()> drained) override {
    if (answered_.exchange(true)) return;
    drained_ = std::move(drained);
    run([self = shared_from_this(), head = std::move(head)](HttpConnection& connection) mutable {
      connection.start_stream(std::move(head), std::move(self));
    });
  }

  void send(std::shared_ptr<const std::string> part) override {
    unsent_ += 1;
    run([part = std::move(part)](HttpConnection& connection) mutable { connection.queue(std::move(part)); });
  }

  void end_stream() override {
    run([](HttpConnection& connection) { connection.end_stream(); });
  }

  std::size_t unsent() const override { return unsent_; }
  bool gone() const override { return gone_; }

  // From the connection.
  void sent_one() { unsent_ -= 1; }
  void all_sent() {
    if (drained_) drained_();
  }
  void peer_gone() {
    gone_ = true;
    if (auto drained = std::move(drained_)) drained();
  }

 private:
  void give(HttpResponse&& response) {
    run([response = std::move(response)](HttpConnection& connection) mutable {
      connection.write(std::move(response));
    });
  }
  template <class Work>
  void run(Work work) {
    auto connection = connection_;
    asio::post(connection->stream_.get_executor(),
               [connection, work = std::move(work)]() mutable { work(*connection); });
  }

  std::shared_ptr<HttpConnection> connection_;
  std::function<void()> drained_;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> gone_ = false;
  std::atomic<std::size_t> unsent_ = 0;
};

HttpConnection::HttpConnection(ConnectionHost& host, std::uint64_t id, tcp::socket&& socket)
    : host_(host), id_(id), stream_(std::move(socket)) {
  beast::error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  address_ = stream_.socket().remote_endpoint(ignored).address().to_string();
}

void HttpConnection::start() {
  read();
}

void HttpConnection::read() {
  parser_.emplace();
  parser_->header_limit(limits::http_head_bytes);
  parser_->body_limit(limits::http_body_bytes);
  stream_.expires_after(idle);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
}

void HttpConnection::on_read(beast::error_code error) {
  if (closed_) return;
  if (error == http::error::body_limit)
    return refuse(problem(413, "too_large", "the body is larger than 256 KiB"));
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refuse(problem(431, "too_large", "the head is larger than 32 KiB"));
  const bool broken = error == beast::error::timeout || error == http::error::end_of_stream ||
                      error == http::error::partial_message || error == asio::error::eof ||
                      (error && error.category() == asio::error::get_system_category());
  if (broken) return close();
  if (error) return refuse(problem(400, "malformed", "this is no HTTP request"));
  BeastRequest message = parser_->release();
  parser_.reset();
  keep_alive_ = message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  stream_.expires_never();
  if (websocket::is_upgrade(message) && message.target() == "/mqtt") {
    auto self = shared_from_this();
    closed_ = true;
    host_.upgrade(std::move(stream_), std::move(message));
    return host_.closed(id_);
  }
  auto reply = std::make_shared<Reply>(shared_from_this());
  if (message.version() >= 11 && message.count(http::field::host) != 1)
    return reply->respond(problem(400, "malformed", "one Host is needed"));
  host_.app.handle(to_request(std::move(message)), reply);
}

HttpRequest HttpConnection::to_request(BeastRequest&& message) const {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.address = sender_of(message, address_);
  for (const auto& field : message)
    request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                 std::string(field.value()));
  request.loopback = host_.loopback && loopback_host(request.header("host")) && !request.has("forwarded") &&
                     !request.has("x-forwarded-for") && !request.has("x-forwarded-host") &&
                     !request.has("x-real-ip") && !request.has("via");
  request.body = std::move(message.body());
  return request;
}

/// What was sent is no request that can be answered and followed by another.
void HttpConnection::refuse(HttpResponse&& response) {
  keep_alive_ = false;
  head_only_ = false;
  stream_.expires_after(idle);
  write(std::move(response));
}

void HttpConnection::write(HttpResponse&& response) {
  if (closed_) return;
  auto& message = response_.emplace(static_cast<http::status>(response.status), 11);
  for (const auto& [name, value] : common_headers) message.set(name, value);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  if (!has(response, "Cache-Control")) message.set(http::field::cache_control, "no-store");
  if (!response.content_type.empty() && response.status != 304 && response.status != 204)
    message.set(http::field::content_type, response.content_type);
  message.keep_alive(keep_alive_);
  if (response.status != 204 && response.status != 304) message.content_length(response.body.size());
  if (!head_only_) message.body() = std::move(response.body);
  stream_.expires_after(idle);
  const auto after = [self = shared_from_this()](beast::error_code error, std::size_t) {
    if (self->closed_) return;
    const bool more = !error && self->keep_alive_;
    self->response_.reset();
    if (!more) return self->close();
    self->read();
  };
  if (head_only_) {
    auto head = std::make_shared<http::response_serializer<http::string_body>>(*response_);
    return http::async_write_header(
        stream_, *head, [head, after](beast::error_code error, std::size_t bytes) { after(error, bytes); });
  }
  http::async_write(stream_, *response_, after);
}

std::string HttpConnection::head_text(const HttpResponse& response) const {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + reason_phrase(response.status) +
                     "\r\nContent-Type: " + response.content_type +
                     "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
  for (const auto& [name, value] : common_headers)
    text.append(name).append(": ").append(value).append("\r\n");
  for (const auto& [name, value] : response.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  return text + "\r\n";
}

void HttpConnection::start_stream(HttpResponse&& head, std::shared_ptr<Reply> reply) {
  if (closed_) return reply->peer_gone();
  reply_ = std::move(reply);
  buffer_ = beast::flat_buffer();  // a stream may last for days: it keeps no more than it needs
  stream_head_ = head_text(head);
  stream_.expires_never();
  if (head_only_) ending_ = true;
  watch_peer();
  write_part();
}

/// A stream's peer says nothing any more; what it says is thrown away, and when it goes, that is seen.
void HttpConnection::watch_peer() {
  stream_.async_read_some(asio::buffer(ignored_),
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                            if (self->closed_) return;
                            if (error) return self->close();
                            self->watch_peer();
                          });
}

void HttpConnection::queue(std::shared_ptr<const std::string> part) {
  if (closed_ || ending_) return;
  parts_.push_back(std::move(part));
  write_part();
}

void HttpConnection::end_stream() {
  if (closed_) return;
  ending_ = true;
  write_part();
}

void HttpConnection::write_part() {
  if (writing_since_ms_ != 0) return;
  if (stream_head_.empty() && parts_.empty() && !ending_) return reply_->all_sent();
  writing_since_ms_ = steady_ms();
  std::vector<asio::const_buffer> buffers;
  const bool head = !stream_head_.empty(), end = !head && parts_.empty();
  if (head) {
    buffers.emplace_back(asio::buffer(stream_head_));
  } else if (end) {
    buffers.emplace_back(asio::buffer("0\r\n\r\n", head_only_ ? 0 : 5));
  } else {
    char size[24];
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", parts_.front()->size());
    chunk_head_.assign(size, static_cast<std::size_t>(digits));
    buffers = {asio::buffer(chunk_head_), asio::buffer(*parts_.front()), asio::buffer("\r\n", 2)};
  }
  asio::async_write(stream_, buffers,
                    [self = shared_from_this(), head, end](beast::error_code error, std::size_t) {
                      if (self->closed_) return;
                      if (error || end) return self->close();
                      self->written(head);
                    });
}

void HttpConnection::written(bool head) {
  writing_since_ms_ = 0;
  if (head) {
    stream_head_ = std::string();
  } else {
    parts_.pop_front();
    reply_->sent_one();
  }
  write_part();
}

void HttpConnection::look(std::int64_t now_ms) {
  if (writing_since_ms_ != 0 && now_ms - writing_since_ms_ > limits::http_idle_ms) close();
}

void HttpConnection::close() {
  if (closed_) return;
  closed_ = true;
  beast::error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.close();
  if (auto reply = std::move(reply_)) reply->peer_gone();
  host_.closed(id_);
}

}  // namespace msync
