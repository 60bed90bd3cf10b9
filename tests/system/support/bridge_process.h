// `mosquitto-sync bridge` from the build under test, on SQLite in the broker's folder.
//
// A mosquitto_sub watches sync/status, so that start() returns when this very start is online.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/message.h"
#include "tests/system/support/broker.h"

namespace msync::test {

class BridgeProcess {
 public:
  /// Its broker must outlive it.
  explicit BridgeProcess(Broker& broker);
  ~BridgeProcess();

  /// Starts it and waits until it says online; one that does not fails the test.
  void start();
  /// Starts it and returns at once.
  void launch();
  /// Starts it and expects it to give up: its exit code. What it said is in log().
  int start_and_fail();
  /// Waits until the retained status says online with the boot that this very process has logged.
  bool wait_until_online(int timeout_ms = 15'000);

  int stop();   // SIGTERM: its exit code
  void kill();  // SIGKILL
  void restart();

  /// Where its token and the stamp's key come from; --secret-file with the broker's, unless it is changed.
  std::vector<std::string>& credentials() { return credentials_; }
  /// The token with which sync/status is observed, where the broker does not take those of the secret.
  std::string& observer_token() { return observer_token_; }
  /// Arguments beside broker, schemas, store and credentials.
  std::vector<std::string>& arguments() { return arguments_; }
  /// The broker's address as it is told; its plain one, unless it is changed.
  std::string& address() { return address_; }
  std::string& schemas() { return schemas_; }
  /// In front of the command, such as strace with its arguments.
  std::vector<std::string>& wrapper() { return wrapper_; }

  std::string store() const { return "sqlite:" + store_file(); }
  std::string store_file() const { return broker_.folder() / "sync.db"; }

  Process& process() { return *process_; }
  bool running() { return process_ && process_->running(); }
  /// Everything it has logged since the first start.
  std::string log() const;
  /// The last status seen.
  ServerStatus status() const;

 private:
  void observe();
  void end();
  std::uint64_t own_boot() const;

  Broker& broker_;
  std::string address_;
  std::string schemas_;
  std::vector<std::string> credentials_;
  std::string observer_token_;
  std::vector<std::string> arguments_;
  std::vector<std::string> wrapper_;
  std::string earlier_log_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Process> observer_;
};

}  // namespace msync::test
