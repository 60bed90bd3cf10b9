// Debian's Mosquitto with the plugin under test, in a folder and on a port of its own.
//
// Its configuration is written from the options at every start. When a test has failed, the destructor prints
// the broker's log. MSYNC_PLUGIN names another module than the build's, such as one with a sanitizer in it, and
// MSYNC_PLUGIN_PRELOAD the library which that needs. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/support/process.h"
#include "tests/system/support/wait.h"

namespace msync::test {

/// The HS256 key of every test.
inline constexpr std::string_view test_secret = "a secret of at least thirty-two bytes, for tests only";

struct BrokerOptions {
  bool plugin = true;
  std::string schemas = {};  // empty: the project's examples
  /// Names the keys of tokens instead of plugin_opt_jwt_secret_file, whole lines.
  std::vector<std::string> key_lines = {};
  /// Lines as in mosquitto.conf: `plugin_opt_…` after the plugin's own, others before it.
  std::vector<std::string> plugin_options = {"plugin_opt_max_messages_per_s 1000000",
                                             "plugin_opt_max_bytes_per_s 1000000000",
                                             "plugin_opt_free_login_failures 0"};
  std::vector<std::string> lines = {};
  bool persistence = true;
  bool websockets = false;
  std::vector<std::string> environment = {};  // "NAME=value", beside the test's own
  std::string preload = {};                   // a library, such as libfaketime
};

class Broker {
 public:
  explicit Broker(BrokerOptions options = {});
  ~Broker();

  /// Starts it and waits until it accepts connections; a broker that does not fails the test.
  void start();
  /// Starts it and expects it to give up: its exit code. What it said is in log().
  int start_and_fail();
  void stop();  // SIGTERM, as systemd does: saves its sessions
  void kill();  // SIGKILL: forgets them
  void restart();

  /// The configuration may be changed between two starts.
  BrokerOptions& options() { return options_; }

  int port() const { return port_; }
  int websocket_port() const { return websocket_port_; }
  std::string url() const;  // mqtt://127.0.0.1:port
  Process& process() { return *process_; }
  bool running() { return process_ && process_->running(); }

  /// Everything it has logged since the first start.
  std::string log() const;

  /// Its own folder; others may put files there.
  const TempDir& folder() const { return folder_; }
  std::string secret_file() const { return folder_ / "jwt.secret"; }

  /// True if its plugin has a sanitizer in it, which not every library can be beside.
  static bool sanitized();

  /// A signed token: `claims` with `exp` in an hour where it has none.
  static std::string token(const std::string& user, const std::string& claims_json = "{}");

 private:
  void write_configuration();
  void launch();
  void end();

  TempDir folder_;
  BrokerOptions options_;
  int port_;
  int websocket_port_;
  std::string earlier_log_;
  std::unique_ptr<Process> process_;
};

}  // namespace msync::test
