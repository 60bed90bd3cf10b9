// The least of an HTTP client: a socket that sends text and reads answers, so that what is measured is the bridge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace msync::bench {

class HttpSocket {
 public:
  /// Connected to 127.0.0.1; throws std::runtime_error if that fails.
  explicit HttpSocket(int port);
  ~HttpSocket();
  HttpSocket(HttpSocket&& other) noexcept;
  HttpSocket(const HttpSocket&) = delete;
  HttpSocket& operator=(const HttpSocket&) = delete;

  int descriptor() const { return descriptor_; }

  void send(std::string_view text);

  /// Reads what is there, at least a byte; false when the peer is gone.
  bool read();

  /// What was read and not yet taken.
  std::string& buffer() { return buffer_; }

  /// Takes one whole answer with a Content-Length; its status, 0 where it is not whole yet.
  int take_answer();

 private:
  int descriptor_ = -1;
  std::string buffer_;
};

/// A request of this method for a path below /v1, with an optional body.
std::string http_request(std::string_view method, const std::string& path, const std::string& token,
                         const std::string& body = {}, const std::string& headers = {});

}  // namespace msync::bench
