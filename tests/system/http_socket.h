// A connection to the HTTP side that asks what it likes and reads when it likes.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace msync::test {

class HttpSocket {
 public:
  explicit HttpSocket(int port, int receive_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to the bridge's HTTP port");
  }
  ~HttpSocket() { ::close(socket_); }
  HttpSocket(const HttpSocket&) = delete;
  HttpSocket& operator=(const HttpSocket&) = delete;

  void asks(const std::string& path, const std::string& more = "") {
    const std::string text = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// Waits for some of an answer; its status, 0 where the connection has ended.
  int hears() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes - 1, 0);
    if (got < 12) return 0;
    bytes[got] = 0;
    return std::atoi(bytes + 9);
  }

 private:
  int socket_;
};

}  // namespace msync::test
