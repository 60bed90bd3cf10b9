// HTTP beside MQTT on one bridge in one run: acknowledged writes a second with 64 under way, how long a change takes to a
// reader, and what an idle stream costs.

#include <poll.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "bench/http_client.h"
#include "bench/writers.h"
#include "tests/system/support/bridge_process.h"
#include "tests/system/support/broker.h"

namespace msync::bench {
namespace {

using test::BridgeProcess;
using test::Broker;
using test::BrokerOptions;

constexpr const char* scope = "chat/42/messages";
const std::string place = "/v1/scopes/chat%2F42%2Fmessages";

struct Arguments {
  int seconds = 5;
  int connections = 64;
  int changes = 200;
  int streams = 1000;
};

std::string token(const std::string& user) {
  return Broker::token(user, R"({"rooms":["42"]})");
}

std::string document(std::uint64_t n) {
  return R"({"text":")" + std::to_string(n) + std::string(230, 'x') + "\"}";
}

// One mutation a message, as many under way as there are HTTP connections.
Figures write_by_mqtt(const Broker& broker, const std::string& epoch, const Arguments& arguments) {
  Load load;
  load.writers = 8;
  load.outstanding = static_cast<std::size_t>(arguments.connections / load.writers);
  load.seconds = arguments.seconds;
  std::vector<std::unique_ptr<Writer>> writers;
  for (int i = 0; i < load.writers; ++i) {
    const std::string user = "writer" + std::to_string(i), src = "bench-writer-00000" + std::to_string(i);
    LinkOptions options;
    options.broker = broker.url();
    options.client_id = user + ":load";
    options.token = [user] { return token(user); };
    writers.push_back(std::make_unique<Writer>(
        options, std::string(scope) + "/in",
        [=](std::uint64_t n) {
          return R"({"epoch":")" + epoch + R"(","src":")" + src + R"(","n":)" + std::to_string(n) +
                 R"(,"mutations":[{"op":"put","id":"k)" + std::to_string(i) + "-" + std::to_string(n % 1000) +
                 R"(","data":)" + document(n) + "}]}";
        },
        [](const LinkMessage& message) -> std::uint64_t {
          const auto n = message.topic.find("/ack/") == std::string::npos ? std::string::npos
                                                                          : message.payload.find(R"("n":)");
          return n == std::string::npos ? 0 : std::strtoull(message.payload.c_str() + n + 4, nullptr, 10);
        },
        load.outstanding));
    if (!writers.back()->connect({"sync/" + user + ":load/#"}))
      throw std::runtime_error("a writer cannot connect");
  }
  return run(writers, load);
}

// Every connection writes again as soon as it is answered.
class HttpWriters {
 public:
  HttpWriters(int port, int connections) {
    for (int i = 0; i < connections; ++i) {
      sockets_.emplace_back(port);
      tokens_.push_back(token("http" + std::to_string(i % 8)));
      polled_.push_back({sockets_.back().descriptor(), POLLIN, 0});
    }
    since_.resize(sockets_.size());
  }

  Figures run(int seconds) {
    const auto start = Clock::now(), end = start + std::chrono::seconds(seconds);
    for (std::size_t i = 0; i < sockets_.size(); ++i) write(i);
    std::size_t outstanding = sockets_.size();
    while (outstanding > 0) {
      ::poll(polled_.data(), polled_.size(), 1000);
      for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (polled_[i].revents == 0) continue;
        if (!sockets_[i].read()) throw std::runtime_error("the bridge closed a connection");
        const int status = sockets_[i].take_answer();
        if (status == 0) continue;
        if (status > 201) throw std::runtime_error("a write was answered " + std::to_string(status));
        latencies_.push_back(std::chrono::duration<float, std::milli>(Clock::now() - since_[i]).count());
        outstanding -= 1;
        if (Clock::now() >= end) continue;
        write(i);
        outstanding += 1;
      }
    }
    Figures figures;
    figures.answered = latencies_.size();
    figures.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::sort(latencies_.begin(), latencies_.end());
    figures.p50_ms = latencies_[latencies_.size() / 2];
    figures.p99_ms = latencies_[latencies_.size() * 99 / 100];
    return figures;
  }

 private:
  void write(std::size_t i) {
    n_ += 1;
    since_[i] = Clock::now();
    sockets_[i].send(http_request("PUT",
                                  place + "/docs/h" + std::to_string(i) + "-" + std::to_string(n_ % 1000),
                                  tokens_[i], document(n_)));
  }

  std::uint64_t n_ = 0;
  std::vector<HttpSocket> sockets_;
  std::vector<std::string> tokens_;
  std::vector<pollfd> polled_;
  std::vector<Clock::time_point> since_;
  std::vector<float> latencies_;
};

// When each reader saw each change: by the number in its text.
class Arrivals {
 public:
  void seen(const std::string& text) {
    const auto now = Clock::now();
    const std::scoped_lock lock(mutex_);
    for (std::size_t at = text.find("tick-"); at != text.npos; at = text.find("tick-", at + 5))
      at_.emplace(std::strtoull(text.c_str() + at + 5, nullptr, 10), now);
  }
  bool has(std::uint64_t n) {
    const std::scoped_lock lock(mutex_);
    return at_.count(n) > 0;
  }
  void print(const char* name, const std::map<std::uint64_t, Clock::time_point>& sent) {
    std::vector<double> all;
    for (const auto& [n, at] : at_)
      if (sent.count(n)) all.push_back(std::chrono::duration<double, std::milli>(at - sent.at(n)).count());
    std::sort(all.begin(), all.end());
    if (all.empty()) return;
    std::printf("  %-24s median %6.2f ms   p99 %6.2f ms   (%zu)\n", name, all[all.size() / 2],
                all[all.size() * 99 / 100], all.size());
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Clock::time_point> at_;
};

void follow_by_polls(int port, const std::string& epoch, std::uint64_t since, Arrivals& arrivals,
                     const std::atomic<bool>& ending) {
  HttpSocket socket(port);
  while (!ending) {
    socket.send(http_request("GET", place + "/changes?epoch=" + epoch + "&since=" + std::to_string(since),
                             token("poller"), "", "Prefer: wait=1\r\n"));
    std::string text;
    while (socket.read()) {
      text = socket.buffer();
      if (socket.take_answer() != 0) break;
    }
    arrivals.seen(text);
    const std::size_t to = text.find(R"("to":)");
    if (to == text.npos) return;
    since = std::strtoull(text.c_str() + to + 5, nullptr, 10);
  }
}

void follow_by_stream(int port, const std::string& epoch, std::uint64_t since, Arrivals& arrivals,
                      const std::atomic<bool>& ending) {
  HttpSocket socket(port);
  socket.send(http_request("GET", place + "/changes?epoch=" + epoch + "&since=" + std::to_string(since),
                           token("streamer"), "", "Accept: text/event-stream\r\n"));
  while (!ending && socket.read()) {
    arrivals.seen(socket.buffer());
    socket.buffer().clear();
  }
}

std::uint64_t head_of(int port) {
  HttpSocket socket(port);
  socket.send(http_request("GET", place + "/docs?limit=1", token("reader")));
  std::string text;
  while (socket.read()) {
    text = socket.buffer();
    if (socket.take_answer() != 0) break;
  }
  const std::size_t head = text.find(R"("head":)");
  return head == text.npos ? 0 : std::strtoull(text.c_str() + head + 7, nullptr, 10);
}

void measure_delivery(const Broker& broker, int port, const std::string& epoch, const Arguments& arguments) {
  Arrivals by_mqtt, by_poll, by_stream;
  LinkOptions options;
  options.broker = broker.url();
  options.client_id = "reader:log";
  options.token = [] { return token("reader"); };
  Link link(options, {.message = [&](LinkMessage&& message) { by_mqtt.seen(message.payload); }});
  link.subscribe({std::string(scope) + "/log"});
  link.open();
  const std::uint64_t since = head_of(port);
  std::atomic<bool> ending = false;
  std::thread poller([&] { follow_by_polls(port, epoch, since, by_poll, ending); });
  std::thread streamer([&] { follow_by_stream(port, epoch, since, by_stream, ending); });
  std::map<std::uint64_t, Clock::time_point> sent;
  HttpSocket writer(port);
  for (int i = 1; i <= arguments.changes; ++i) {
    const auto n = static_cast<std::uint64_t>(i);
    sent[n] = Clock::now();
    writer.send(http_request("PUT", place + "/docs/tick", token("ticker"),
                             R"({"text":"tick-)" + std::to_string(i) + "\"}"));
    while (writer.read() && writer.take_answer() == 0) {
    }
    test::eventually([&] { return by_mqtt.has(n) && by_poll.has(n) && by_stream.has(n); }, 2000);
  }
  ending = true;
  writer.send(http_request("PUT", place + "/docs/tick", token("ticker"), R"({"text":"the end"})"));
  poller.join();
  streamer.join();
  link.close();
  std::cout << "from the start of a write to a reader\n";
  by_mqtt.print("MQTT", sent);
  by_stream.print("server-sent events", sent);
  by_poll.print("long poll", sent);
}

std::size_t resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  return 0;
}

void measure_streams(int port, pid_t bridge, const std::string& epoch, const Arguments& arguments) {
  const std::uint64_t since = head_of(port);
  const std::size_t before = resident_kib(bridge);
  std::vector<HttpSocket> streams;
  for (int i = 0; i < arguments.streams; ++i) {
    streams.emplace_back(port);
    streams.back().send(
        http_request("GET", place + "/changes?epoch=" + epoch + "&since=" + std::to_string(since),
                     token("idle" + std::to_string(i / 40)), "", "Accept: text/event-stream\r\n"));
    while (streams.back().buffer().find("\r\n\r\n") == std::string::npos && streams.back().read()) {
    }
  }
  const std::size_t after = resident_kib(bridge);
  std::printf("%d idle streams: %.1f KiB each (resident memory of the bridge, %zu to %zu KiB)\n",
              arguments.streams, static_cast<double>(after - std::min(before, after)) / arguments.streams,
              before, after);
}

// Health while all the streams hang on and somebody lists everything, over and over.
void measure_health(int port, const std::string& epoch, const Arguments& arguments) {
  std::vector<HttpSocket> streams;
  const std::uint64_t since = head_of(port);
  for (int i = 0; i < arguments.streams; ++i) {
    streams.emplace_back(port);
    streams.back().send(
        http_request("GET", place + "/changes?epoch=" + epoch + "&since=" + std::to_string(since),
                     token("idle" + std::to_string(i / 40)), "", "Accept: text/event-stream\r\n"));
  }
  std::atomic<bool> ending = false;
  std::atomic<std::size_t> pages = 0;
  std::thread lister([&] {
    HttpSocket socket(port);
    while (!ending) {
      socket.send(http_request("GET", place + "/docs", token("lister")));
      while (socket.read() && socket.take_answer() == 0) {
      }
      pages += 1;
    }
  });
  std::vector<double> all;
  HttpSocket health(port);
  for (int i = 0; i < 1000; ++i) {
    const auto start = Clock::now();
    health.send(http_request("GET", i % 2 == 0 ? "/healthz" : "/readyz", "none"));
    while (health.read() && health.take_answer() == 0) {
    }
    all.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ending = true;
  lister.join();
  std::sort(all.begin(), all.end());
  std::printf(
      "health beside %d streams and %zu pages of a listing: median %.2f ms, p99 %.2f ms, worst %.2f ms\n",
      arguments.streams, pages.load(), all[all.size() / 2], all[all.size() * 99 / 100], all.back());
}

int run(const Arguments& arguments) {
  Broker broker(BrokerOptions{
      .plugin_options = {"plugin_opt_max_messages_per_s 1000000", "plugin_opt_max_bytes_per_s 1000000000"},
      .lines = {"max_inflight_bytes 0"}});
  broker.start();
  BridgeProcess bridge(broker);
  const int port = test::free_port();
  bridge.arguments() = {"--http", "127.0.0.1:" + std::to_string(port), "--http-requests-per-s", "1000000"};
  bridge.start();
  const std::string epoch = bridge.status().epoch;
  measure_streams(port, bridge.process().pid(), epoch, arguments);
  measure_delivery(broker, port, epoch, arguments);
  const Figures mqtt = write_by_mqtt(broker, epoch, arguments);
  const Figures rest = HttpWriters(port, arguments.connections).run(arguments.seconds);
  const auto print = [](const char* name, const Figures& figures) {
    std::printf("  %-24s %9.0f /s   p50 %6.1f ms   p99 %6.1f ms\n", name, figures.per_second(),
                figures.p50_ms, figures.p99_ms);
  };
  std::printf("acknowledged writes, %d under way, one mutation each\n", arguments.connections);
  print("MQTT", mqtt);
  print("REST", rest);
  std::printf("  REST beside MQTT %.2f\n", rest.per_second() / mqtt.per_second());
  measure_health(port, epoch, arguments);
  return 0;
}

}  // namespace
}  // namespace msync::bench

int main(int argc, char** argv) {
  using namespace msync::bench;
  Arguments arguments;
  CLI::App app{"HTTP beside MQTT on one bridge"};
  app.add_option("--seconds", arguments.seconds, "how long each side writes")->capture_default_str();
  app.add_option("--connections", arguments.connections, "writes under way")->capture_default_str();
  app.add_option("--changes", arguments.changes, "whose way to a reader is timed")->capture_default_str();
  app.add_option("--streams", arguments.streams, "idle streams")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
