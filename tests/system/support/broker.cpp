#include "tests/system/support/broker.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "core/json.h"
#include "core/token.h"

namespace msync::test {

namespace {

// The broker drops root's rights to a user who could not read the test's files.
std::string own_user() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

std::string variable(const char* name, const std::string& otherwise = {}) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

// A plugin built with a sanitizer needs its runtime to be there first.
ProcessOptions environment(const BrokerOptions& options) {
  ProcessOptions process;
  process.environment = options.environment;
  std::string preload;
  for (const std::string& library :
       {std::string(MSYNC_PRELOAD), variable("MSYNC_PLUGIN_PRELOAD"), options.preload}) {
    if (!library.empty()) preload += (preload.empty() ? "" : ":") + library;
  }
  if (!preload.empty()) process.environment.push_back("LD_PRELOAD=" + preload);
  if (*MSYNC_PRELOAD != 0) process.environment.emplace_back("ASAN_OPTIONS=detect_leaks=0");
  return process;
}

}  // namespace

Broker::Broker(BrokerOptions options)
    : options_(std::move(options)), port_(free_port()), websocket_port_(free_port()) {
  if (options_.schemas.empty()) options_.schemas = MSYNC_SOURCE_DIR "/schemas";
  write_file(secret_file(), std::string(test_secret) + "\n");
}

Broker::~Broker() {
  end();
  if (testing::Test::HasFailure()) std::cerr << "---- broker's log\n" << log() << "----\n";
}

void Broker::write_configuration() {
  std::ostringstream conf;
  conf << "per_listener_settings false\nuser " << own_user() << "\nlistener " << port_ << " 127.0.0.1\n";
  if (options_.websockets) {
    conf << "listener " << websocket_port_ << " 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n";
  }
  conf << "allow_anonymous " << (options_.plugin ? "false" : "true") << "\nset_tcp_nodelay true\n"
       << "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
       << "max_queued_messages 100000\nmax_inflight_messages 1000\n";
  if (options_.persistence) {
    conf << "persistence true\npersistence_location " << folder_.path() << "/\nautosave_interval 0\n";
  }
  for (const auto& line : options_.lines) conf << line << "\n";
  if (options_.plugin) {
    conf << "plugin " << variable("MSYNC_PLUGIN", MSYNC_BUILD_DIR "/mosquitto_sync.so") << "\n"
         << "plugin_opt_schemas " << options_.schemas << "\n";
    if (options_.key_lines.empty()) conf << "plugin_opt_jwt_secret_file " << secret_file() << "\n";
    for (const auto& line : options_.key_lines) conf << line << "\n";
    for (const auto& line : options_.plugin_options) conf << line << "\n";
  }
  write_file(folder_ / "mosquitto.conf", conf.str());
}

void Broker::launch() {
  end();
  write_configuration();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder_ / "mosquitto.conf"},
      environment(options_));
}

void Broker::end() {
  if (!process_) return;
  process_->kill_hard();
  earlier_log_ += process_->err();
  process_.reset();
}

void Broker::start() {
  launch();
  const bool up = eventually([this] { return accepts(port_) || !process_->running(); });
  if (!up || !process_->running()) ADD_FAILURE() << "the broker did not start:\n" << log();
}

int Broker::start_and_fail() {
  launch();
  return process_->wait();
}

void Broker::stop() {
  if (!process_) return;
  const int code = process_->terminate();
  EXPECT_EQ(code, 0) << "the broker ended badly:\n" << log();
  end();
}

void Broker::kill() {
  end();
}

void Broker::restart() {
  stop();
  start();
}

std::string Broker::url() const {
  return "mqtt://127.0.0.1:" + std::to_string(port_);
}

std::string Broker::log() const {
  return earlier_log_ + (process_ ? process_->err() : "");
}

bool Broker::sanitized() {
  return *MSYNC_PRELOAD != 0 || !variable("MSYNC_PLUGIN_PRELOAD").empty();
}

std::string Broker::token(const std::string& user, const std::string& claims_json) {
  Json claims = Json::parse(claims_json);
  claims["sub"] = user;
  if (!claims.contains("exp")) claims["exp"] = now_ms() / 1000 + 3600;
  return make_token(claims, test_secret);
}

}  // namespace msync::test
