#include "mqtt/no_delay.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>

namespace msync {
namespace {

std::uint16_t port_of(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port);
  if (peer.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(peer).sin6_port);
  return 0;
}

}  // namespace

int send_at_once(std::uint16_t port) {
  const std::unique_ptr<DIR, int (*)(DIR*)> own(::opendir("/proc/self/fd"), ::closedir);
  int sockets = 0;
  while (const dirent* entry = own ? ::readdir(own.get()) : nullptr) {
    const int file = std::atoi(entry->d_name);
    sockaddr_storage peer = {};
    socklen_t size = sizeof peer;
    if (file == 0 || ::getpeername(file, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    const int yes = 1;
    if (port_of(peer) != port || ::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0)
      continue;
    ++sockets;
  }
  return sockets;
}

}  // namespace msync
