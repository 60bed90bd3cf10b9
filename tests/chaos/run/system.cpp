#include "tests/chaos/run/system.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/chaos/history.h"

namespace msync::chaos {

namespace {

constexpr std::int64_t bridge_pause_ms = 500;  // before one that ended by itself is started again
const std::vector<std::string> rooms = {"a", "b"};
const std::vector<std::string> collections = {"notes", "tasks", "stock"};

test::BrokerOptions broker_options() {
  test::BrokerOptions options;
  options.schemas = MSYNC_SOURCE_DIR "/tests/chaos/schemas";
  options.plugin_options = {"plugin_opt_max_messages_per_s 1000000", "plugin_opt_free_login_failures 0"};
  options.lines = {"autosave_interval 3"};
  return options;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::vector<std::string> filters() {
  return {"notes/+/log", "tasks/+/log", "stock/+/log", "private/+/log"};
}

}  // namespace

System::System(SystemOptions options)
    : options_(std::move(options)),
      broker_(broker_options()),
      proxy_(broker_.port(), options_.clients + 1),
      clocks_(options_.folder) {
  std::filesystem::create_directories(options_.folder + "/store");
  // So that no revoked token counts while the bridge is away.
  broker_.options().plugin_options.push_back("plugin_opt_revoked_file " + options_.folder + "/revoked");
  for (std::size_t i = 0; i < options_.clients; ++i) clients_.push_back(describe(i));
}

std::vector<std::string> System::rooms_of(std::size_t number) {
  return number % 3 == 0 ? rooms : std::vector<std::string>{rooms[number % rooms.size()]};
}

void System::give_token(std::size_t number, const std::vector<std::string>& rooms,
                        std::int64_t issued_s) const {
  token_file(user(number), {{"rooms", rooms}, {"iat", issued_s == 0 ? wall_ms() / 1000 : issued_s}});
}

bool System::revoke(std::size_t number) const {
  return command({"revoke", "--broker", broker_.url(), "--secret-file", broker_.secret_file(), "--user",
                  user(number), "--wait", "2s"})
             .code == 0;
}

/// Two devices a user; every third user is in both rooms; every fourth client's clock is wrong by hours.
System::Client System::describe(std::size_t which) const {
  const std::size_t number = which / 2;
  const std::string user = System::user(number);
  const std::vector<std::string> own = rooms_of(number);
  std::vector<std::string> scopes = {"private/" + user};
  for (const auto& room : own) {
    for (const auto& collection : collections) scopes.push_back(collection + "/" + room);
  }
  Client client;
  client.name = user + ":" + (which % 2 == 0 ? "phone" : "laptop");
  client.arguments = {MSYNC_BUILD_DIR "/tests/chaos/chaos_client",
                      "broker=mqtt://127.0.0.1:" + std::to_string(proxy_.port(which)),
                      "id=" + client.name,
                      "token=" + token_file(user, {{"rooms", own}}),
                      "folder=" + options_.folder,
                      "phase=" + options_.folder + "/phase",
                      "scopes=" + joined(scopes),
                      "filters=" + joined(filters()),
                      "seed=" + std::to_string(options_.seed * 1000 + which),
                      "pause_ms=" + std::to_string(options_.pause_ms)};
  if (which % 3 == 1) client.arguments.push_back("cbor");
  if (which % 4 == 2)
    client.arguments.push_back("clock_ms=" + std::to_string((which % 8 == 2 ? 3 : -5) * 3'600'000));
  if (which % 8 == 6) client.arguments.push_back("wrong_clock");
  return client;
}

std::string System::token_file(const std::string& user, const Json& claims) const {
  const std::string path = options_.folder + "/" + user + ".token";
  Json all = claims;
  all["exp"] = wall_ms() / 1000 + 60'000;
  if (!all.contains("iat")) all["iat"] = wall_ms() / 1000;
  test::write_file(path + ".new", test::Broker::token(user, all.dump()));
  std::filesystem::rename(path + ".new", path);
  return path;
}

void System::start() {
  set_phase("run");
  start_broker();
  start_bridge();
  for (std::size_t i = 0; i < clients_.size(); ++i) start_client(i);
}

void System::start_broker() {
  broker_wanted_ = true;
  broker_.start();
}

void System::kill_broker(bool forgets) {
  broker_wanted_ = false;
  const pid_t pid = broker_.process().pid();
  broker_.kill();
  Clocks::forget(pid);
  if (forgets) std::filesystem::remove(broker_.folder() / "mosquitto.db");
}

void System::stop_broker() {
  broker_wanted_ = false;
  broker_.process().cont();
  broker_.process().signal(SIGTERM);
  broker_.process().wait();
  broker_.kill();
}

void System::start_bridge() {
  keep_bridge_log();
  bridge_wanted_ = true;
  std::vector<std::string> command = options_.bridge_wrapper;
  for (const std::string& word : {options_.bridge, std::string("bridge"),
                                  "--broker=mqtt://127.0.0.1:" + std::to_string(proxy_.port(clients_.size())),
                                  std::string("--schemas=" MSYNC_SOURCE_DIR "/tests/chaos/schemas"),
                                  "--store=sqlite:" + store(), "--secret-file=" + broker_.secret_file()}) {
    command.push_back(word);
  }
  test::ProcessOptions options;
  if (fake_) {
    options.environment = clocks_.environment("bridge");
    options.environment.push_back("LD_PRELOAD=" + clocks_.library());
  }
  bridge_ = std::make_unique<test::Process>(std::move(command), options);
}

void System::keep_bridge_log() {
  if (!bridge_) return;
  std::ofstream(options_.folder + "/bridge.log", std::ios::app) << bridge_->err();
  bridge_.reset();
}

void System::kill_bridge() {
  bridge_wanted_ = false;
  if (bridge_) {
    bridge_->kill_hard();
    Clocks::forget(bridge_->pid());
  }
  keep_bridge_log();
}

bool System::fake_clocks(bool on) {
  fake_ = on && clocks_.available();
  broker_.options().preload = fake_ ? clocks_.library() : "";
  broker_.options().environment = fake_ ? clocks_.environment("broker") : std::vector<std::string>{};
  for (const char* name : {"broker", "bridge"}) clocks_.set(name, 0);
  return fake_;
}

test::Finished System::command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), options_.bridge);
  return test::run(std::move(arguments));
}

void System::start_client(std::size_t which) {
  Client& client = clients_.at(which);
  client.wanted = true;
  client.process = std::make_unique<test::Process>(client.arguments);
}

void System::kill_client(std::size_t which) {
  clients_.at(which).wanted = false;
  clients_.at(which).process.reset();
}

void System::start_reader(std::uint64_t quiet) {
  std::vector<std::string> scopes;
  for (const auto& collection : collections) {
    for (const auto& room : rooms) scopes.push_back(collection + "/" + room);
  }
  for (std::size_t i = 0; i < clients_.size(); i += 2)
    scopes.push_back("private/user" + std::to_string(i / 2));
  reader_ = std::make_unique<test::Process>(
      std::vector<std::string>{MSYNC_BUILD_DIR "/tests/chaos/chaos_client", "broker=" + broker_.url(),
                               "id=auditor:r" + std::to_string(quiet),
                               "token=" + token_file("auditor", {{"roles", Json::array({"auditor"})}}),
                               "folder=" + options_.folder, "phase=" + options_.folder + "/phase",
                               "scopes=" + joined(scopes), "filters=" + joined(filters()), "read_only"});
}

void System::set_phase(const std::string& phase) {
  test::write_file(options_.folder + "/phase.new", phase + "\n");
  std::filesystem::rename(options_.folder + "/phase.new", options_.folder + "/phase");
}

void System::supervise() {
  if (broker_wanted_ && !broker_.running()) {
    crashes_.push_back("the broker ended by itself:\n" + broker_.log());
    start_broker();
  }
  for (auto& client : clients_) {
    if (!client.wanted || client.process->running()) continue;
    crashes_.push_back(client.name + " ended by itself:\n" + client.process->err());
    client.wanted = false;
  }
  if (!bridge_wanted_ || bridge_->running()) {
    bridge_again_ = 0;
    return;
  }
  if (bridge_again_ == 0) {
    ++bridge_ends_;
    bridge_again_ = mono_ms() + bridge_pause_ms;
    if (const int code = bridge_->wait(); code >= 128)
      crashes_.push_back("the bridge died of signal " + std::to_string(code - 128) + ":\n" + bridge_->err());
  } else if (mono_ms() > bridge_again_) {
    bridge_again_ = 0;
    start_bridge();
  }
}

}  // namespace msync::chaos
