// The network between the clients, the bridge and the broker: one TCP proxy with a port for each of them, and a weather
// that can be changed at any time.
//
// It knows nothing of MQTT. Bytes are never changed or reordered, only held back, or lost with their connection: what TCP
// allows. What it holds is bounded; past that it stops reading. Its own thread; all calls from any one other thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace msync::chaos {

/// How one port's connections fare.
struct Weather {
  bool refuses = false;      // new connections are closed at once
  bool stalls_up = false;    // nothing passes to the broker
  bool stalls_down = false;  // nothing passes from it
  int delay_ms = 0;          // each way
  int bytes_per_s = 0;       // each way; 0: no limit
};

class Proxy {
 public:
  /// A port for each of `count`, to this port of 127.0.0.1. Throws std::system_error.
  Proxy(int target_port, std::size_t count);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  int port(std::size_t which) const { return ports_.at(which); }
  void set(std::size_t which, Weather weather);
  /// Ends its connections with a reset; what was under way is lost.
  void cut(std::size_t which);
  /// Closes one direction of its connections.
  void half_close(std::size_t which, bool up);

 private:
  using Clock = std::chrono::steady_clock;
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  struct Pipe {
    int from = -1, to = -1;
    std::deque<Chunk> held;
    std::size_t bytes = 0;
    double allowance = 0;
    Clock::time_point refilled = Clock::now();
    bool ended = false;   // no more comes from `from`
    bool closed = false;  // `to` was told so
  };
  struct Connection {
    std::size_t which;
    Pipe up, down;
    bool broken = false;
  };

  void run();
  void accept_on(std::size_t which);
  void read_into(Pipe& pipe, const Weather& weather);
  void write_from(Connection& connection, Pipe& pipe, const Weather& weather, bool stalled);
  void end(Connection& connection, bool reset);

  int target_port_;
  std::vector<int> listeners_, ports_;
  std::vector<Weather> weather_;
  std::list<Connection> connections_;
  std::mutex mutex_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace msync::chaos
