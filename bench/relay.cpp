// The relay: how much of the broker's throughput is left with the plugin in its way.
//
// One publisher, 200 readers, QoS 1, through Debian's Mosquitto with the plugin and without, in turns, in one run. The
// readers are one thread on plain sockets, so that what is measured is the broker.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "mqtt/link.h"
#include "tests/system/support/broker.h"

namespace msync::bench {
namespace {

using test::Broker;
using test::BrokerOptions;

constexpr const char* topic = "chat/42/messages/log";

struct Arguments {
  int readers = 200;
  int messages = 2000;
  int rounds = 5;
  std::size_t bytes = 200;
};

std::string text16(std::string_view text) {
  return std::string{static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xff)} +
         std::string(text);
}

std::string packet(char type, const std::string& body) {
  std::string bytes(1, type);
  for (std::size_t left = body.size();;) {
    const auto seven = static_cast<char>(left & 0x7f);
    left >>= 7;
    bytes += static_cast<char>(seven | (left > 0 ? 0x80 : 0));
    if (left == 0) break;
  }
  return bytes + body;
}

// Subscribers that acknowledge and count.
class Readers {
 public:
  Readers(int port, int count) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (int i = 0; i < count; ++i) open(port, i);
    thread_ = std::thread([this] { run(); });
  }
  ~Readers() {
    ending_ = true;
    thread_.join();
    for (const auto& reader : readers_) ::close(reader->socket);
    ::close(epoll_);
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  std::uint64_t received() const { return received_; }
  int subscribed() const { return subscribed_; }

 private:
  struct Reader {
    int socket = -1;
    std::string bytes;  // not yet a whole packet
  };

  void open(int port, int number) {
    auto reader = std::make_unique<Reader>();
    reader->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(reader->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const int yes = 1;
    ::setsockopt(reader->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::string user = "user" + std::to_string(number);
    const std::string head =
        text16("MQTT") + '\4' + '\xc2' + '\0' + '\0';  // 3.1.1, user name, password, clean
    send(*reader, packet('\x10', head + text16(user + ":bench") + text16(user) +
                                     text16(Broker::token(user, R"({"rooms":["42"]})"))));
    send(*reader, packet('\x82', std::string("\0\1", 2) + text16(topic) + '\1'));
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = reader.get();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, reader->socket, &event);
    readers_.push_back(std::move(reader));
  }

  static void send(const Reader& reader, const std::string& bytes) {
    if (::send(reader.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("cannot send");
    }
  }

  void run() {
    std::vector<epoll_event> events(64);
    while (!ending_) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 50);
      for (int i = 0; i < ready; ++i)
        take(*static_cast<Reader*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

  void take(Reader& reader) {
    char block[64 * 1024];
    const ssize_t got = ::recv(reader.socket, block, sizeof block, MSG_DONTWAIT);
    if (got <= 0) return;
    reader.bytes.append(block, static_cast<std::size_t>(got));
    std::string acks;
    std::size_t at = 0;
    while (const std::size_t size = whole_packet(reader.bytes, at)) {
      answer(std::string_view(reader.bytes).substr(at, size), acks);
      at += size;
    }
    reader.bytes.erase(0, at);
    if (!acks.empty()) send(reader, acks);
  }

  static std::size_t whole_packet(const std::string& bytes, std::size_t at) {
    std::size_t length = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
      if (at + i >= bytes.size()) return 0;
      length |= static_cast<std::size_t>(bytes[at + i] & 0x7f) << (7 * (i - 1));
      if ((bytes[at + i] & 0x80) == 0) return at + 1 + i + length <= bytes.size() ? 1 + i + length : 0;
    }
    throw std::runtime_error("no MQTT");
  }

  void answer(std::string_view packet, std::string& acks) {
    const auto type = static_cast<unsigned char>(packet[0]) >> 4;
    if (type == 9) ++subscribed_;
    if (type != 3) return;
    ++received_;
    std::size_t head = 1;
    while (packet[head] & 0x80) ++head;
    const std::string_view body = packet.substr(head + 1);
    const std::size_t name = (static_cast<unsigned char>(body[0]) << 8) + static_cast<unsigned char>(body[1]);
    acks += '\x40';
    acks += '\2';
    acks += body.substr(2 + name, 2);
  }

  int epoll_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<int> subscribed_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

// Deliveries a second of one round.
double round(Broker& broker, const Arguments& arguments) {
  broker.start();
  Readers readers(broker.port(), arguments.readers);
  LinkOptions options;
  options.broker = broker.url();
  options.client_id = "mosquitto-sync:bench";
  options.token = [] { return Broker::token("mosquitto-sync", R"({"roles":["bridge"]})"); };
  Link link(options, {.message = [](LinkMessage&&) {}});
  link.open();
  test::eventually([&] { return link.is_connected() && readers.subscribed() == arguments.readers; });
  const std::string payload(arguments.bytes, 'x');
  const auto expected =
      static_cast<std::uint64_t>(arguments.messages) * static_cast<std::uint64_t>(arguments.readers);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < arguments.messages; ++i) link.publish({topic, payload});
  test::eventually([&] { return readers.received() >= expected; }, 120'000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (readers.received() != expected) throw std::runtime_error("not everything was delivered");
  link.close();
  broker.stop();
  return static_cast<double>(expected) / took.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(const Arguments& arguments) {
  const std::vector<std::string> lines = {"max_queued_messages 1000000", "max_inflight_messages 1000",
                                          "set_tcp_nodelay true"};
  BrokerOptions with, without;
  with.lines = without.lines = lines;
  with.persistence = without.persistence = false;
  without.plugin = false;
  Broker guarded(with), open(without);
  std::vector<double> guarded_rates, open_rates;
  for (int i = 0; i < arguments.rounds; ++i) {
    guarded_rates.push_back(round(guarded, arguments));
    open_rates.push_back(round(open, arguments));
    std::cout << "round " << i + 1 << ": with the plugin " << static_cast<long>(guarded_rates.back())
              << " deliveries/s, without " << static_cast<long>(open_rates.back()) << std::endl;
  }
  std::cout << "medians: " << static_cast<long>(median(guarded_rates)) << " and "
            << static_cast<long>(median(open_rates)) << ", ratio "
            << median(guarded_rates) / median(open_rates) << std::endl;
  return 0;
}

}  // namespace
}  // namespace msync::bench

int main(int argc, char** argv) {
  msync::bench::Arguments arguments;
  CLI::App app(
      "How much of the broker's throughput is left with the plugin: QoS 1, one publisher, many readers");
  app.add_option("--readers", arguments.readers, "who subscribe")->capture_default_str();
  app.add_option("--messages", arguments.messages, "that are published in a round")->capture_default_str();
  app.add_option("--rounds", arguments.rounds, "of each kind")->capture_default_str();
  app.add_option("--bytes", arguments.bytes, "of a message")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return msync::bench::run(arguments);
}
