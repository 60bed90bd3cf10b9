// Catching up: what it costs a reader to learn 10,000 changes of a scope of 100,000 documents, and the whole scope, beside
// what Mosquitto alone needs to deliver the same as a queued session and as retained messages, each from when the
// connection stands; over loopback, and over a slow link where this machine can make one.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <random>
#include <sstream>

#include "bench/ack_timer.h"
#include "bench/catchup_client.h"
#include "bench/slow_link.h"
#include "core/message.h"
#include "mqtt/link.h"
#include "tests/system/support/bridge_process.h"
#include "tests/system/support/broker.h"

namespace msync::bench {
namespace {

using test::BridgeProcess;
using test::Broker;
using test::BrokerOptions;
using test::Process;

constexpr const char* scope = "chat/42/messages";

struct Arguments {
  std::size_t documents = 100'000;
  std::size_t changes = 10'000;
  bool slow = false;
};

struct Figure {
  double seconds = 0;
  std::size_t bytes = 0;
  std::size_t messages = 0;
};

// Chat messages as people write them: words of a language's frequency, a few likes and tags.
class Author {
 public:
  Json document() {
    std::string text;
    const std::size_t words = 4 + dice_() % 16;
    for (std::size_t i = 0; i < words; ++i) text += (i ? " " : "") + word();
    Json data = {{"text", text}};
    if (dice_() % 4 == 0) data["likes"] = dice_() % 20;
    if (dice_() % 8 == 0) data["tags"] = {word()};
    return data;
  }

 private:
  std::string word() {
    // Zipf: the n-th word of 5,000 is n times rarer than the first.
    const double u = std::uniform_real_distribution<>(0, 1)(dice_);
    auto rank = static_cast<unsigned>(std::exp(u * std::log(5000.0)));
    std::string letters;
    for (rank = rank * 2654435761u; letters.size() < 2 + rank % 7; rank = rank * 1664525 + 1013904223) {
      letters += static_cast<char>('a' + rank % 26);
    }
    return letters;
  }

  std::mt19937 dice_{7};
};

// The documents with these numbers as a file for `import`, and as the messages that a broker alone would carry.
std::vector<std::string> write_documents(const std::string& file, std::size_t count, std::size_t all,
                                         Author& author) {
  std::ofstream lines(file);
  std::vector<std::string> messages;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "m" + std::to_string(i * (all / count));
    const std::string data = to_text(author.document());
    lines << R"({"id":")" << id << R"(","data":)" << data << "}\n";
    Change change;
    change.id = id;
    change.seq = all + i;
    change.version = 2;
    change.ts = 1'795'000'000'000 + static_cast<std::int64_t>(i);
    change.by = "importer";
    change.data = data;
    messages.push_back(encode(change));
  }
  return messages;
}

void import_file(Broker& broker, const std::string& file) {
  const auto done =
      test::run({MSYNC_BUILD_DIR "/mosquitto-sync", "import", "--broker", broker.url(), "--secret-file",
                 broker.secret_file(), "--sub", "importer", "--claim", "rooms=42,43", "--scope", scope, file},
                {}, 600'000);
  if (done.code != 0) throw std::runtime_error("import: " + done.err);
}

std::string own_program() {
  char self[4096] = {};
  return ::readlink("/proc/self/exe", self, sizeof self - 1) < 0 ? "" : self;
}

Figure figure(Process& client, const std::string& what) {
  std::string line;
  const bool told = test::eventually(
      [&] {
        std::istringstream lines(client.out());
        while (std::getline(lines, line)) {
          if (line.starts_with(what + " ")) return true;
        }
        return !client.running();
      },
      900'000);
  if (!told || !line.starts_with(what)) throw std::runtime_error("a client gave up: " + client.err());
  Figure figure;
  std::istringstream(line.substr(what.size())) >> figure.seconds >> figure.bytes >> figure.messages;
  return figure;
}

void row(const std::string& what, const Figure& figure) {
  std::cout << std::left << std::setw(46) << what << std::right << std::fixed << std::setprecision(2)
            << std::setw(10) << figure.seconds << " s" << std::setw(12) << figure.bytes << " bytes"
            << std::setw(9) << figure.messages << " messages" << std::endl;
}

void ratio(const std::string& what, const Figure& ours, const Figure& theirs) {
  std::cout << "  " << what << ": time " << std::setprecision(3) << ours.seconds / theirs.seconds
            << ", bytes " << static_cast<double>(ours.bytes) / static_cast<double>(theirs.bytes) << std::endl;
}

class Measurement {
 public:
  Measurement(const Arguments& arguments, SlowLink* slow) : arguments_(arguments), slow_(slow) {}

  void run() {
    Author author;
    all_ = write_documents(folder_ / "all.jsonl", arguments_.documents, arguments_.documents, author);
    some_ = write_documents(folder_ / "some.jsonl", arguments_.changes, arguments_.documents, author);
    const auto [first, again] = ours();
    const Figure retained = theirs_retained(), queued = theirs_queued();
    row("first sync, ours", first);
    row("the same as retained messages", retained);
    ratio("ours beside retained messages", first, retained);
    row("catching up, ours", again);
    row("the same as a queued session", queued);
    ratio("ours beside a queued session", again, queued);
  }

 private:
  std::unique_ptr<Process> client(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{own_program()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<Process>(slow_ ? slow_->on_far_host(command) : command);
  }

  std::string url(const Broker& broker) const {
    return slow_ ? "mqtt://" + slow_->address() + ":" + std::to_string(broker.port()) : broker.url();
  }

  BrokerOptions options(bool plugin) const {
    BrokerOptions options;
    options.plugin = plugin;
    options.persistence = false;
    options.lines = {"max_queued_messages 1000000"};
    return options;
  }

  std::unique_ptr<Broker> started(bool plugin) const {
    BrokerOptions with = options(plugin);
    auto broker = std::make_unique<Broker>(with);
    if (slow_)
      broker->options().lines.push_back("listener " + std::to_string(broker->port()) + " " +
                                        slow_->address());
    broker->start();
    return broker;
  }

  std::pair<Figure, Figure> ours() {
    const auto broker = started(true);
    BridgeProcess bridge(*broker);
    bridge.start();
    import_file(*broker, folder_ / "all.jsonl");
    const std::string go = folder_ / "go-ours";
    const auto replica = client({"replica", url(*broker), scope, go});
    const Figure first = figure(*replica, "first");
    if (!slow_) acks_beside_a_first_sync(*broker, bridge);
    import_file(*broker, folder_ / "some.jsonl");
    test::write_file(go, "");
    const Figure again = figure(*replica, "again");
    bridge.stop();
    return {first, again};
  }

  // How long others wait for their acks while somebody reads everything.
  void acks_beside_a_first_sync(Broker& broker, BridgeProcess& bridge) {
    AckTimer timer(broker.url(), "chat/43/messages", bridge.status().epoch);
    test::eventually([&] { return false; }, 3000);
    const auto quiet = timer.take();
    const auto replica = client({"replica", url(broker), scope, folder_ / "never"});
    figure(*replica, "first");
    const auto busy = timer.take();
    replica->kill_hard();
    std::cout << "acks of another client: alone median " << quiet.median_ms << " ms, p99 " << quiet.p99_ms
              << " ms (" << quiet.acks << "); beside a first sync median " << busy.median_ms << " ms, p99 "
              << busy.p99_ms << " ms (" << busy.acks << "); medians " << busy.median_ms / quiet.median_ms
              << std::endl;
  }

  static void publish_all(const Broker& broker, const std::vector<std::string>& messages, bool retained) {
    LinkOptions options;
    options.broker = broker.url();
    options.client_id = "publisher:bench";
    options.token = [] { return std::string(); };
    Link link(options, {.message = [](LinkMessage&&) {}});
    link.open();
    test::eventually([&] { return link.is_connected(); });
    for (std::size_t i = 0; i < messages.size(); ++i) {
      Publish message{"base/" + std::to_string(i), messages[i]};
      message.retained = retained;
      link.publish(message);
    }
    link.drain(60'000);
    link.close();
  }

  Figure theirs_retained() {
    const auto broker = started(false);
    publish_all(*broker, all_, true);
    const auto subscriber = client({"subscriber", url(*broker), "base/#", std::to_string(all_.size()), ""});
    return figure(*subscriber, "got");
  }

  Figure theirs_queued() {
    const auto broker = started(false);
    const std::string go = folder_ / "go-theirs";
    const auto subscriber = client({"subscriber", url(*broker), "base/#", std::to_string(some_.size()), go});
    figure(*subscriber, "ready");
    publish_all(*broker, some_, false);
    test::write_file(go, "");
    return figure(*subscriber, "got");
  }

  Arguments arguments_;
  SlowLink* slow_;
  test::TempDir folder_;
  std::vector<std::string> all_;
  std::vector<std::string> some_;
};

int run(const Arguments& arguments) {
  std::cout << arguments.documents << " documents, " << arguments.changes << " changes\n-- loopback"
            << std::endl;
  Measurement(arguments, nullptr).run();
  if (!arguments.slow) return 0;
  const LinkQuality quality;
  SlowLink slow(quality);
  std::cout << "-- " << quality.round_trip_ms << " ms, " << quality.rate_kbit_s << " kbit/s, "
            << quality.loss * 100 << " % loss" << std::endl;
  Measurement(arguments, &slow).run();
  return 0;
}

}  // namespace
}  // namespace msync::bench

int main(int argc, char** argv) {
  using namespace msync::bench;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "hold") {
    return hold_packets(std::stoi(words[1]), std::stoi(words[2]), std::stod(words[3]));
  }
  if (words.size() == 4 && words[0] == "replica") return run_replica(words[1], words[2], words[3]);
  if (words.size() == 5 && words[0] == "subscriber") {
    return run_subscriber(words[1], words[2], std::stoul(words[3]), words[4]);
  }
  Arguments arguments;
  CLI::App app("What catching up costs, beside what Mosquitto alone needs to deliver the same");
  app.add_option("--documents", arguments.documents, "in the scope")->capture_default_str();
  app.add_option("--changes", arguments.changes, "to catch up with")->capture_default_str();
  app.add_flag("--slow", arguments.slow, "also over 100 ms, 1 Mbit/s and 1 % loss: takes root, and minutes");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
