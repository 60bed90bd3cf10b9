#include "bench/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace msync::bench {

HttpSocket::HttpSocket(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (descriptor_ < 0 || ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to the bridge's HTTP port");
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpSocket::~HttpSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

HttpSocket::HttpSocket(HttpSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}

void HttpSocket::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the bridge closed a connection");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpSocket::read() {
  char bytes[16 * 1024];
  const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

int HttpSocket::take_answer() {
  constexpr std::string_view length = "\r\nContent-Length: ";
  const std::size_t head = buffer_.find("\r\n\r\n");
  if (head == buffer_.npos) return 0;
  const std::size_t place = buffer_.find(length);
  const std::size_t body =
      place < head ? std::strtoull(buffer_.c_str() + place + length.size(), nullptr, 10) : 0;
  if (buffer_.size() < head + 4 + body) return 0;
  const int status = std::atoi(buffer_.c_str() + 9);
  buffer_.erase(0, head + 4 + body);
  return status;
}

std::string http_request(std::string_view method, const std::string& path, const std::string& token,
                         const std::string& body, const std::string& headers) {
  std::string text = std::string(method) + " " + path +
                     " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n" + headers;
  if (!body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

}  // namespace msync::bench
