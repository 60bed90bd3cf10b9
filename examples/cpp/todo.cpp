// A to-do list in C++20, which is the same on all devices of its user.
//
//   todo URL USER DATABASE TOKEN_FILE add TITLE | done ID | star ID | list
//
// Works offline: what is added then is sent by a later run.
//   c++ -std=c++20 -I client/cpp todo.cpp -lmosquitto_sync_client
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "sync.h"

namespace {

namespace ms = mosquitto_sync;
using Json = nlohmann::json;

std::string read_token(const std::string& file) {
  std::string token;
  if (!std::getline(std::ifstream(file) >> std::ws, token))
    throw std::runtime_error(file + " cannot be read");
  return token;
}

/// Waits for news on the main thread: listeners must not.
class News {
 public:
  void tell() {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition, std::chrono::seconds longest = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

void list(const ms::Collection& todos) {
  for (const auto& each : todos.documents()) {
    const Json todo = Json::parse(each.data);
    std::cout << (todo.value("done", false) ? "[x] " : "[ ] ") << each.id << " "
              << todo["title"].get<std::string>() << std::string(todo.value("stars", 0), '*')
              << (each.pending ? " (unsent)" : "") << "\n";
  }
}

int run(const std::vector<std::string>& args) {
  News news;
  ms::Options options{.url = args[0], .user = args[1], .database = args[2]};
  options.get_token = [&] { return read_token(args[3]); };
  options.on_status = [&] { news.tell(); };
  options.on_problem = [](const std::string& json) { std::cerr << "not stored as meant: " << json << "\n"; };
  ms::Sync sync(std::move(options));
  auto todos = sync.collection("users/" + args[1] + "/todos");
  // A new device waits for what the others have.
  news.wait([&] { return sync.status().state == MSYNC_IDLE; });

  const std::string& command = args[4];
  const std::string what = args.size() > 5 ? args[5] : "";
  std::optional<ms::Written> written;
  if (command == "add") {
    const std::string id = "t" + std::to_string(todos.documents().size() + 1);
    written = todos.put(id, Json{{"title", what}}.dump());
  } else if (command == "done") {
    written = todos.patch(what, R"({"done":true})");
  } else if (command == "star") {
    written = todos.increment(what, "stars");
  }
  if (written && !written->wait(std::chrono::seconds(10))) std::cout << "kept for later\n";
  list(todos);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "usage: " << argv[0]
              << " URL USER DATABASE TOKEN_FILE add TITLE | done ID | star ID | list\n";
    return 64;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
