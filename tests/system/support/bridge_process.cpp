#include "tests/system/support/bridge_process.h"

#include <gtest/gtest.h>

#include <iostream>

#include "tests/system/support/protocol_check.h"

namespace msync::test {

BridgeProcess::BridgeProcess(Broker& broker) : broker_(broker), schemas_(broker.options().schemas) {}

BridgeProcess::~BridgeProcess() {
  if (observer_) observer_->close();
  end();
  if (testing::Test::HasFailure()) std::cerr << "---- bridge's log\n" << log() << "----\n";
}

void BridgeProcess::observe() {
  if (observer_) return;
  LinkOptions options;
  options.broker = broker_.url();
  options.client_id = "observer:status";
  options.token = [] { return Broker::token("observer"); };
  Link::Handlers handlers;
  handlers.message = [this](LinkMessage&& message) {
    expect_valid(message.topic, message.payload);
    const auto status = decode_status(message.payload);
    const std::scoped_lock lock(mutex_);
    if (status) status_ = *status;
  };
  observer_ = std::make_unique<Link>(std::move(options), std::move(handlers));
  observer_->subscribe({"sync/status"});
  observer_->open();
}

void BridgeProcess::launch() {
  end();
  std::vector<std::string> command = wrapper_;
  for (const std::string& word :
       {std::string(MSYNC_BUILD_DIR "/mosquitto-sync"), std::string("bridge"), std::string("--broker"),
        broker_.url(), std::string("--schemas"), schemas_, std::string("--store"), store(),
        std::string("--secret-file"), broker_.secret_file()}) {
    command.push_back(word);
  }
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
  const bool online = eventually(
      [this] { return (status().online && status().boot > last_boot_) || !process_->running(); }, timeout_ms);
  last_boot_ = status().boot;
  return online && process_->running();
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
  const std::scoped_lock lock(mutex_);
  return status_;
}

}  // namespace msync::test
