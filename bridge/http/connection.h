// One HTTP connection: requests one after the other, each with an answer, or a stream until it ends. Included by the
// server's own files only.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "bridge/http/app.h"
#include "bridge/http/beast.h"

namespace msync {

using BeastRequest = http::request<http::string_body>;

/// Who asks, where `peer` has sent this: client_address() with the last X-Forwarded-For.
std::string sender_of(const BeastRequest& message, const std::string& peer);

/// What a connection needs of its server; outlives it.
struct ConnectionHost {
  HttpApp& app;
  bool loopback = false;  // the server listens there only
  /// Takes over a WebSocket connection; called on the server's thread.
  std::function<void(beast::tcp_stream&&, BeastRequest&&)> upgrade;
  std::function<void(std::uint64_t id)> closed;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ConnectionHost& host, std::uint64_t id, tcp::socket&& socket);

  // All on the server's thread.
  void start();
  /// Ends it, whatever it does.
  void close();
  /// Ends it if its peer takes nothing of a stream for limits::http_idle_ms.
  void look(std::int64_t now_ms);

 private:
  class Reply;  // the Exchange of one request
  friend class Reply;

  void read();
  void on_read(beast::error_code error);
  HttpRequest to_request(BeastRequest&& message) const;
  void write(HttpResponse&& response);
  void start_stream(HttpResponse&& head, std::shared_ptr<Reply> reply);
  void queue(std::shared_ptr<const std::string> part);
  void write_part();
  void written(bool head);
  void end_stream();
  void watch_peer();
  void refuse(HttpResponse&& response);
  std::string head_text(const HttpResponse& response) const;

  ConnectionHost& host_;
  std::uint64_t id_;
  beast::tcp_stream stream_;
  std::string address_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool closed_ = false;
  std::optional<http::response<http::string_body>> response_;
  // Of a stream:
  std::shared_ptr<Reply> reply_;
  std::deque<std::shared_ptr<const std::string>> parts_;
  std::string chunk_head_;
  std::string stream_head_;
  std::int64_t writing_since_ms_ = 0;  // 0: nothing is under way
  bool ending_ = false;
  char ignored_[64] = {};
};

}  // namespace msync
