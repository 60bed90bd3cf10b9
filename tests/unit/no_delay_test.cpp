#include "mqtt/no_delay.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msync {
namespace {

TEST(NoDelay, EverySocketToThatPortSendsAtOnceAndNoOther) {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int connected = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(connected, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto at_once = [](int socket) {
    int value = 0;
    socklen_t bytes = sizeof value;
    EXPECT_EQ(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, &bytes), 0);
    return value != 0;
  };
  EXPECT_FALSE(at_once(connected));
  EXPECT_EQ(send_at_once(ntohs(address.sin_port)), 1);
  EXPECT_TRUE(at_once(connected));
  EXPECT_FALSE(at_once(listening));
  EXPECT_EQ(send_at_once(1), 0);
  ::close(connected);
  ::close(listening);
}

}  // namespace
}  // namespace msync
