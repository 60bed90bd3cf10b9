// What the native library costs an app: writes and their full sync, a first sync, a reconnect with nothing new. Prints one line
// of JSON; `./dev bench client` (bench/clients/run.mjs) starts broker and bridge, fills them, and calls it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "client/cpp/sync.h"

namespace {

namespace ms = mosquitto_sync;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string url, token_file, scope, store, phase = "puts";
  std::string user = "alice";
  int puts = 10'000;
};

/// The same documents as bench/clients/documents.mjs.
std::string document(int i) {
  const Json data = {{"text", "message " + std::to_string(i) + ", as long as most of them are"},
                     {"likes", i % 7},
                     {"tags", {"a", "b"}}};
  return data.dump();
}

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_(arguments) {
    std::ifstream(arguments.token_file) >> token_;
  }

  Json run() {
    if (arguments_.phase == "puts") return puts();
    if (arguments_.phase == "first-sync") return first_sync();
    return reconnect();
  }

 private:
  ms::Options options() {
    ms::Options made{.url = arguments_.url, .user = arguments_.user, .database = arguments_.store};
    made.get_token = [this] { return token_; };
    made.on_status = made.on_token_needed = [this] {
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    };
    return made;
  }

  static double since(Clock::time_point began) {
    return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  }

  void wait_for_idle(const ms::Sync& sync) {
    std::unique_lock lock(mutex_);
    const auto idle = [&sync] {
      const auto status = sync.status();
      return status.state == MSYNC_IDLE && status.pending == 0;
    };
    if (!changed_.wait_for(lock, std::chrono::minutes(10), idle))
      throw std::runtime_error("it never became idle");
  }

  /// Written offline, many at a time, as an app that imports does; then the way to the server and back.
  Json puts() {
    ms::Sync sync(options());
    auto messages = sync.collection(arguments_.scope);
    wait_for_idle(sync);
    sync.suspend();
    const auto began = Clock::now();
    std::vector<std::future<ms::Written>> durable;
    for (int i = 0; i < arguments_.puts; ++i)
      durable.push_back(messages.transaction().put("m" + std::to_string(i), document(i)).submit());
    for (auto& each : durable) each.get();
    const double local = since(began);
    sync.resume();
    wait_for_idle(sync);
    return {{"puts_local_ms", local}, {"puts_synced_ms", since(began)}};
  }

  Json first_sync() {
    const auto began = Clock::now();
    ms::Sync sync(options());
    auto messages = sync.collection(arguments_.scope);
    wait_for_idle(sync);
    const double took = since(began);
    return {{"first_sync_ms", took}, {"documents", messages.documents().size()}};
  }

  Json reconnect() {
    auto began = Clock::now();
    ms::Sync sync(options());
    auto messages = sync.collection(arguments_.scope);
    wait_for_idle(sync);
    const double reopened = since(began);
    sync.suspend();
    std::this_thread::sleep_for(std::chrono::seconds(2));  // away: the last connection's threads have ended
    began = Clock::now();
    sync.resume();
    wait_for_idle(sync);
    return {{"reconnect_ms", since(began)}, {"reopen_ms", reopened}};
  }

  const Arguments& arguments_;
  std::string token_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("What the native library costs an app.");
  app.add_option("--url", arguments.url, "mqtt://host:port")->required();
  app.add_option("--token-file", arguments.token_file, "the user's token")->required();
  app.add_option("--user", arguments.user, "its user")->capture_default_str();
  app.add_option("--scope", arguments.scope, "such as chat/1/messages")->required();
  app.add_option("--store", arguments.store, "the local database")->required();
  app.add_option("--phase", arguments.phase, "puts, first-sync or reconnect")
      ->capture_default_str()
      ->check(CLI::IsMember({"puts", "first-sync", "reconnect"}));
  app.add_option("--puts", arguments.puts, "how many")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << Bench(arguments).run().dump() << "\n";
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
