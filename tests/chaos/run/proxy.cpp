#include "tests/chaos/run/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "tests/system/support/wait.h"

namespace msync::chaos {

namespace {

constexpr std::size_t held_bytes = 256 * 1024;
constexpr int tick_ms = 5;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int tcp_socket() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "socket");
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{0, 500'000};  // of connect(), should the broker be stopped and its backlog full
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return descriptor;
}

int listen_on(int port) {
  const int descriptor = tcp_socket();
  const auto address = loopback(port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(descriptor, 64) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen on " + std::to_string(port));
  }
  return descriptor;
}

}  // namespace

Proxy::Proxy(int target_port, std::size_t count) : target_port_(target_port), weather_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    ports_.push_back(test::free_port());
    listeners_.push_back(listen_on(ports_.back()));
  }
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
  for (auto& connection : connections_) end(connection, false);
  for (const int listener : listeners_) close(listener);
}

void Proxy::set(std::size_t which, Weather weather) {
  const std::lock_guard lock(mutex_);
  weather_.at(which) = weather;
}

void Proxy::cut(std::size_t which) {
  const std::lock_guard lock(mutex_);
  for (auto& connection : connections_) {
    if (connection.which != which) continue;
    connection.broken = true;
    connection.up.held.clear();
    connection.down.held.clear();
  }
}

void Proxy::half_close(std::size_t which, bool up) {
  const std::lock_guard lock(mutex_);
  for (auto& connection : connections_) {
    if (connection.which == which) (up ? connection.up : connection.down).ended = true;
  }
}

void Proxy::end(Connection& connection, bool reset) {
  const linger hard{1, 0};
  for (const int descriptor : {connection.up.from, connection.up.to}) {
    if (reset) setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(descriptor);
  }
}

void Proxy::accept_on(std::size_t which) {
  const int client = accept4(listeners_[which], nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int broker = tcp_socket();
  const auto address = loopback(target_port_);
  // A listener on this machine answers at once, also while its process is stopped.
  if (weather_[which].refuses ||
      connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(broker);
    return;
  }
  Connection connection;
  connection.which = which;
  connection.up.from = connection.down.to = client;
  connection.up.to = connection.down.from = broker;
  connections_.push_back(std::move(connection));
}

void Proxy::read_into(Pipe& pipe, const Weather& weather) {
  std::array<char, 16 * 1024> buffer;
  const auto count = recv(pipe.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) pipe.ended = true;
  if (count <= 0) return;
  const auto size = static_cast<std::size_t>(count);
  pipe.held.push_back(
      {Clock::now() + std::chrono::milliseconds(weather.delay_ms), std::string(buffer.data(), size)});
  pipe.bytes += size;
}

void Proxy::write_from(Connection& connection, Pipe& pipe, const Weather& weather, bool stalled) {
  const auto now = Clock::now();
  const double passed = std::chrono::duration<double>(now - pipe.refilled).count();
  pipe.refilled = now;
  pipe.allowance = std::min(weather.bytes_per_s * 0.2 + 1, pipe.allowance + passed * weather.bytes_per_s);
  while (!stalled && !pipe.held.empty() && pipe.held.front().due <= now) {
    std::string& bytes = pipe.held.front().bytes;
    std::size_t most = bytes.size();
    if (weather.bytes_per_s != 0) most = std::min(most, static_cast<std::size_t>(pipe.allowance));
    if (most == 0) return;
    const auto sent = send(pipe.to, bytes.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) connection.broken = true;
      return;
    }
    pipe.allowance -= static_cast<double>(sent);
    pipe.bytes -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (!bytes.empty()) return;
    pipe.held.pop_front();
  }
  if (pipe.ended && pipe.held.empty() && !pipe.closed) {
    shutdown(pipe.to, SHUT_WR);
    pipe.closed = true;
  }
}

void Proxy::run() {
  for (;;) {
    std::vector<pollfd> wanted;
    std::vector<Pipe*> readers;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (const int listener : listeners_) wanted.push_back({listener, POLLIN, 0});
      for (auto& connection : connections_) {
        for (Pipe* pipe : {&connection.up, &connection.down}) {
          if (pipe->ended || pipe->bytes > held_bytes) continue;
          wanted.push_back({pipe->from, POLLIN, 0});
          readers.push_back(pipe);
        }
      }
    }
    poll(wanted.data(), wanted.size(), tick_ms);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (wanted[listeners_.size() + i].revents == 0) continue;
      for (const auto& connection : connections_) {
        if (&connection.up == readers[i] || &connection.down == readers[i]) {
          read_into(*readers[i], weather_[connection.which]);
        }
      }
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (wanted[i].revents != 0) accept_on(i);
    }
    for (auto at = connections_.begin(); at != connections_.end();) {
      const Weather& weather = weather_[at->which];
      write_from(*at, at->up, weather, weather.stalls_up);
      write_from(*at, at->down, weather, weather.stalls_down);
      const bool over = at->broken || (at->up.closed && at->down.closed);
      if (over) end(*at, at->broken);
      at = over ? connections_.erase(at) : std::next(at);
    }
  }
}

}  // namespace msync::chaos
