#include "tests/system/support/bridge_process.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/system/support/protocol_check.h"

namespace msync::test {

BridgeProcess::BridgeProcess(Broker& broker)
    : broker_(broker),
      address_(broker.url()),
      schemas_(broker.options().schemas),
      credentials_({"--secret-file", broker.secret_file()}),
      observer_token_(Broker::token("observer")) {}

BridgeProcess::~BridgeProcess() {
  end();
  if (testing::Test::HasFailure()) std::cerr << "---- bridge's log\n" << log() << "----\n";
}

void BridgeProcess::observe() {
  if (observer_) return;
  observer_ = std::make_unique<Process>(std::vector<std::string>{
      "mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", std::to_string(broker_.port()), "-i",
      "observer:status", "-u", "observer", "-P", observer_token_, "-t", "sync/status"});
}

void BridgeProcess::launch() {
  end();
  std::vector<std::string> command = wrapper_;
  const char* other = std::getenv("MSYNC_BRIDGE");  // such as one with a sanitizer in it
  for (const std::string& word : {std::string(other != nullptr ? other : MSYNC_BUILD_DIR "/mosquitto-sync"),
                                  std::string("bridge"), std::string("--broker"), address_,
                                  std::string("--schemas"), schemas_, std::string("--store"), store()}) {
    command.push_back(word);
  }
  command.insert(command.end(), credentials_.begin(), credentials_.end());
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<Process>(std::move(command));
}

void BridgeProcess::end() {
  if (!process_) return;
  process_->kill_hard();
  earlier_log_ += process_->err();
  process_.reset();
}

bool BridgeProcess::wait_until_online(int timeout_ms) {
  observe();
  const auto online = [this] {
    const auto boot = own_boot();
    return boot != 0 && status().online && status().boot >= boot;
  };
  return eventually([&] { return online() || !process_->running(); }, timeout_ms) && process_->running();
}

std::uint64_t BridgeProcess::own_boot() const {
  static constexpr std::string_view ready = "event=ready ";
  static constexpr std::string_view boot = "boot=";
  const std::string log = process_->err();
  const auto line = log.find(ready);
  const auto place = line == log.npos ? line : log.find(boot, line);
  return place == log.npos ? 0 : std::strtoull(log.c_str() + place + boot.size(), nullptr, 10);
}

void BridgeProcess::start() {
  launch();
  if (!wait_until_online()) ADD_FAILURE() << "the bridge did not come online:\n" << log();
}

int BridgeProcess::start_and_fail() {
  launch();
  return process_->wait();
}

int BridgeProcess::stop() {
  if (!process_) return -1;
  const int code = process_->terminate();
  end();
  return code;
}

void BridgeProcess::kill() {
  end();
}

void BridgeProcess::restart() {
  EXPECT_EQ(stop(), 0) << log();
  start();
}

std::string BridgeProcess::log() const {
  return earlier_log_ + (process_ ? process_->err() : "");
}

ServerStatus BridgeProcess::status() const {
  const std::string lines = observer_ ? observer_->out() : "";
  const auto end = lines.rfind('\n');
  if (end == lines.npos) return {};
  const auto begin = end == 0 ? lines.npos : lines.rfind('\n', end - 1);
  const std::string last = lines.substr(begin + 1, end - begin - 1);
  expect_valid("sync/status", last);
  const auto status = decode_status(last);
  return status ? *status : ServerStatus{};
}

}  // namespace msync::test
