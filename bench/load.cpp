// The load: how many writes a second come to be acknowledged, durably, beside what the broker alone relays.
//
// Both sides run in one process run on one machine, one after the other, with the same clients: first through
// plugin and bridge (an answer is the bridge's ack, after a commit with synchronous=FULL), then through the same
// Mosquitto without the plugin (an answer is the broker's PUBACK). In both one more client reads everything.

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/writers.h"
#include "tests/system/support/bridge_process.h"
#include "tests/system/support/broker.h"

namespace msync::bench {

namespace {

using test::BridgeProcess;
using test::Broker;
using test::BrokerOptions;

constexpr const char* scope = "chat/42/messages";

std::uint64_t number_behind(const std::string& text, std::string_view key) {
  const auto place = text.find(key);
  return place == text.npos ? 0 : std::strtoull(text.c_str() + place + key.size(), nullptr, 10);
}

// Reads everything and remembers how much, and the last head it was told.
class Reader {
 public:
  Reader(const std::string& broker, const std::string& filter, bool deltas)
      : deltas_(deltas),
        link_(
            [&] {
              LinkOptions options;
              options.broker = broker;
              options.client_id = "reader:all";
              options.token = [] { return Broker::token("reader", R"({"rooms":["42"]})"); };
              return options;
            }(),
            {.message = [this](LinkMessage&& message) { take(message); }}) {
    link_.subscribe({filter});
    link_.open();
    test::eventually([this] { return link_.is_connected(); });
  }

  std::uint64_t messages() const { return messages_; }
  std::uint64_t reached() const { return reached_; }

 private:
  void take(const LinkMessage& message) {
    ++messages_;
    if (deltas_) reached_ = std::max<std::uint64_t>(reached_, number_behind(message.payload, R"("to":)"));
  }

  bool deltas_;
  std::atomic<std::uint64_t> messages_ = 0;
  std::atomic<std::uint64_t> reached_ = 0;
  Link link_;
};

LinkOptions options_for(const Broker& broker, int writer) {
  const std::string user = "writer" + std::to_string(writer);
  LinkOptions options;
  options.broker = broker.url();
  options.client_id = user + ":load";
  options.token = [user] { return Broker::token(user, R"({"rooms":["42"]})"); };
  return options;
}

// A put of a document of the wanted size; each writer has keys of its own, so every write is stored.
std::string put(const Load& load, int writer, const std::string& epoch, std::uint64_t n) {
  const std::size_t own_keys = load.keys / static_cast<std::size_t>(load.writers);
  const std::size_t key = (n * 7919) % own_keys + static_cast<std::size_t>(writer) * own_keys;
  std::string number = std::to_string(n);
  number += std::string(load.document_bytes - std::min(load.document_bytes, number.size() + 11), 'x');
  return R"({"epoch":")" + epoch + R"(","src":"bench-writer-00000)" + std::to_string(writer) + R"(","n":)" +
         std::to_string(n) + R"(,"mutations":[{"op":"put","id":"k)" + std::to_string(key) +
         R"(","data":{"text":")" + number + "\"}}]}";
}

Figures measure_sync(const Load& load) {
  Broker broker(BrokerOptions{.lines = {"max_inflight_bytes 0"}});
  broker.start();
  BridgeProcess bridge(broker);
  bridge.start();
  const std::string epoch = bridge.status().epoch;
  std::vector<std::unique_ptr<Writer>> writers;
  for (int i = 0; i < load.writers; ++i) {
    writers.push_back(std::make_unique<Writer>(
        options_for(broker, i), std::string(scope) + "/in",
        [&load, i, epoch](std::uint64_t n) { return put(load, i, epoch, n); },
        [](const LinkMessage& message) {
          return message.topic.find("/ack/") == std::string::npos ? 0
                                                                  : number_behind(message.payload, R"("n":)");
        },
        load.outstanding));
    if (!writers.back()->connect({"sync/writer" + std::to_string(i) + ":load/#"})) {
      std::cerr << "writer " << i << " cannot connect\n" << broker.log();
      std::exit(69);
    }
  }
  const Reader reader(broker.url(), std::string(scope) + "/log", true);
  const Figures figures = run(writers, load);
  const bool whole = test::eventually([&] { return reader.reached() >= figures.answered; }, 30'000);
  std::cout << "  the reader got " << reader.reached() << " changes in " << reader.messages() << " deltas"
            << (whole ? "" : ": NOT ALL") << "\n";
  return figures;
}

Figures measure_relay(const Load& load) {
  Broker broker(BrokerOptions{.plugin = false});
  broker.start();
  std::vector<std::unique_ptr<Writer>> writers;
  const std::string body(load.document_bytes, 'x');
  for (int i = 0; i < load.writers; ++i) {
    writers.push_back(std::make_unique<Writer>(
        options_for(broker, i), "relay/in", [&body](std::uint64_t) { return body; }, Writer::Answers{},
        load.outstanding));
    if (!writers.back()->connect({"relay/none"})) std::exit(69);
  }
  const Reader reader(broker.url(), "relay/in", false);
  Figures figures = run(writers, load);
  const bool whole = test::eventually([&] { return reader.messages() >= figures.answered; }, 30'000);
  std::cout << "  the reader got " << reader.messages() << " messages" << (whole ? "" : ": NOT ALL") << "\n";
  return figures;
}

void print(const char* name, const Figures& figures) {
  std::printf("%-28s %9.0f /s   p50 %6.1f ms   p99 %6.1f ms   (%llu in %.1f s)\n", name, figures.per_second(),
              figures.p50_ms, figures.p99_ms, static_cast<unsigned long long>(figures.answered),
              figures.seconds);
}

}  // namespace
}  // namespace msync::bench

int main(int argc, char** argv) {
  using namespace msync::bench;
  Load load;
  CLI::App app{"Acknowledged writes per second beside a raw QoS 1 relay through the same Mosquitto"};
  app.add_option("--seconds", load.seconds, "how long each side runs")->capture_default_str();
  app.add_option("--writers", load.writers, "connections that write")->capture_default_str();
  app.add_option("--outstanding", load.outstanding, "unanswered messages of each writer")
      ->capture_default_str();
  app.add_option("--bytes", load.document_bytes, "of a document")->capture_default_str();
  app.add_option("--keys", load.keys, "entities written to")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::printf(
      "%d writers with %zu outstanding each, documents of %zu bytes, %zu keys, one reader of everything\n",
      load.writers, load.outstanding, load.document_bytes, load.keys);
  std::cout << "through plugin, bridge and SQLite (synchronous=FULL)…" << std::endl;
  const Figures sync = measure_sync(load);
  std::cout << "through Mosquitto alone, QoS 1…" << std::endl;
  const Figures relay = measure_relay(load);
  print("acknowledged writes", sync);
  print("raw QoS 1 relay", relay);
  std::printf("ratio %.2f\n", relay.per_second() > 0 ? sync.per_second() / relay.per_second() : 0);
  return sync.answered > 0 ? 0 : 1;
}
