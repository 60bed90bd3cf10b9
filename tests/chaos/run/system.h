// The whole system of a chaos run: Debian's Mosquitto with the plugin, the bridge, and clients, each a process of its own
// that can be killed, stopped and started, and the proxy between them.
//
// Nothing here waits for anything but the broker's port. A process that ended by itself is started again by supervise(),
// as systemd would; one that crashed is remembered in crashes(). One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/chaos/history.h"
#include "tests/chaos/run/clocks.h"
#include "tests/chaos/run/proxy.h"
#include "tests/system/support/broker.h"

namespace msync::chaos {

struct SystemOptions {
  std::string folder;  // histories, journals, logs, and the store's folder
  std::string bridge;  // the program under test
  std::uint64_t seed = 1;
  std::size_t clients = 20;
  int pause_ms = 600;                            // between two writes of one client, on average
  std::vector<std::string> bridge_wrapper = {};  // in front of its command line
};

class System {
 public:
  explicit System(SystemOptions options);

  void start();  // everything

  // ---- the broker
  void start_broker();
  void kill_broker(bool forgets);  // and with it, if asked, what it had stored
  void stop_broker();              // SIGTERM: it stores its sessions
  test::Broker& broker() { return broker_; }

  // ---- the bridge
  void start_bridge();
  void kill_bridge();
  bool bridge_runs() { return bridge_ && bridge_->running(); }
  test::Process* bridge() { return bridge_.get(); }
  std::string store() const { return options_.folder + "/store/sync.db"; }
  /// A command of the program under test, such as backup, to its end.
  test::Finished command(std::vector<std::string> arguments) const;

  // ---- clients; 0 … count-1
  std::size_t clients() const { return clients_.size(); }
  void start_client(std::size_t which);
  void kill_client(std::size_t which);
  test::Process* client(std::size_t which) { return clients_.at(which).process.get(); }
  /// A client without a past that only reads, on a connection that no weather reaches.
  void start_reader(std::uint64_t quiet);
  void stop_reader() { reader_.reset(); }

  // ---- users; two clients each
  std::size_t users() const { return clients_.size() / 2; }
  static std::string user(std::size_t number) { return "user" + std::to_string(number); }
  static std::vector<std::string> rooms_of(std::size_t number);
  /// A token, issued at this time or now, that grants these rooms, where his clients find it.
  void give_token(std::size_t number, const std::vector<std::string>& rooms, std::int64_t issued_s = 0) const;
  /// What was issued to him up to now counts no more. False: nobody knows whether it does.
  bool revoke(std::size_t number) const;

  // ---- clocks: "broker" and "bridge", where there is a library for it
  /// Whether who is started from now on has a clock that can be set. False where that cannot be.
  bool fake_clocks(bool on);
  bool clocks_are_fake() const { return fake_; }
  const Clocks& clocks() const { return clocks_; }

  // ---- the network: a port for each client, and the last for the bridge
  Proxy& proxy() { return proxy_; }
  std::size_t ports() const { return clients_.size() + 1; }

  /// "run", or "quiet NUMBER".
  void set_phase(const std::string& phase);
  /// Starts what should run and does not. False if the bridge could not stay up.
  void supervise();
  const std::vector<std::string>& crashes() const { return crashes_; }
  std::uint64_t bridge_ends() const { return bridge_ends_; }

 private:
  struct Client {
    std::string name;
    std::vector<std::string> arguments;
    bool wanted = false;
    std::unique_ptr<test::Process> process;
  };

  Client describe(std::size_t which) const;
  std::string token_file(const std::string& user, const Json& claims) const;
  void keep_bridge_log();

  SystemOptions options_;
  test::Broker broker_;
  Proxy proxy_;
  Clocks clocks_;
  bool fake_ = false;
  std::unique_ptr<test::Process> bridge_;
  bool bridge_wanted_ = false, broker_wanted_ = false;
  std::int64_t bridge_again_ = 0;
  std::uint64_t bridge_ends_ = 0;
  std::vector<Client> clients_;
  std::unique_ptr<test::Process> reader_;
  std::vector<std::string> crashes_;
};

}  // namespace msync::chaos
