// The owner of a database: runs the pure core on a thread of its own, one step after the other. The rows of the steps that
// wait are committed in one local transaction; then messages are published, callers answered, observers told, what arrived
// acknowledged. A commit that fails is treated as a crash: the core is made anew from what is stored, the connection too, and
// callers whose writes were in it get `storage`.
//
// Every public call may come from any thread. Those that wait for the library's thread say so; on that thread itself (in an
// observer) they answer `in_callback` at once. engine_steps.cpp holds the thread, engine_events.cpp what arrives.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/cpp/connector.h"
#include "client/cpp/core/client.h"
#include "client/cpp/input.h"
#include "client/cpp/live_board.h"
#include "client/cpp/store.h"
#include "client/cpp/views.h"
#include "client/cpp/wire.h"

namespace msync::client {

struct EngineOptions {
  std::string url;     // mqtt://host:port, mqtts://host:port
  std::string user;    // the token's
  std::string device;  // 1 to 64 of [A-Za-z0-9_-]; empty: random, kept in the database
  std::string file;    // the database's
  std::string ca_file = {};
  std::function<std::int64_t()> clock = {};  // the device's, ms; empty: the system's. It need not be right
};

/// Told on the library's thread, one at a time, with no lock held. It must not wait.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_status() = 0;
  /// `ids` empty: all may have changed.
  virtual void on_change(const std::string& scope, const std::vector<std::string>& ids) = 0;
  virtual void on_progress(const std::string& scope) = 0;
  virtual void on_result(const std::string& scope, const std::string& key, const Outcome& outcome) = 0;
  virtual void on_problem(const Problem& problem) = 0;
  virtual void on_revoked(const std::string& scope, const std::string& reason) = 0;
  /// The scope may be empty.
  virtual void on_error(const std::string& scope, const Fault& fault) = 0;
  virtual void on_peers(const std::string& scope) = 0;
  virtual void on_live(const std::string& scope, const std::string& client, const std::string& message) = 0;
  /// To be answered by give_token() or no_token(), at once or later.
  virtual void on_token_needed() = 0;
};

class Engine {
 public:
  using Durable = std::function<void(const Failure&)>;  // on the library's thread

  /// `observer` must outlive it.
  Engine(EngineOptions options, Observer& observer);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Opens the database and begins to connect: `invalid`, `storage`, `wrong_user`. Once.
  Failure start();

  // ---- These wait

  Failure open(const std::string& scope, bool reads);
  /// Returns when it is durable here.
  Failure write(const std::string& scope, const std::string& key, std::vector<WriteOp> ops, bool group);
  /// A problem is written again, on what stands now, or forgotten. In an observer it does not wait.
  Failure solve(const std::string& key, bool again);
  /// Disconnects, says goodbye; nothing is sent until resume(). Local writes go on.
  Failure suspend();
  /// What is unsent stays in the database.
  Failure close();
  /// Closes, and deletes the database; unless `discard`, not where writes were not sent yet: `pending`.
  Failure wipe(bool discard);

  // ---- These do not wait, but for room in a full queue (on the library's thread: `busy`)

  Failure submit(const std::string& scope, const std::string& key, std::vector<WriteOp> ops, bool group,
                 Durable done);
  Failure resume();
  Failure reachable(bool is);
  Failure give_token(const std::string& token);
  Failure no_token(const std::string& why);
  Failure renew_token();
  Failure set_live(const std::string& scope, const std::string& state);
  Failure send_live(const std::string& scope, const std::string& message);
  Failure watch_live(const std::string& scope, bool on);

  const Views& views() const { return views_; }
  /// In an observer: what waits would wait for ever.
  bool on_own_thread() const { return std::this_thread::get_id() == own_thread_.load(); }
  const std::string& client_id() const { return client_id_; }

 private:
  struct Step {
    std::function<Failure()> run;
    Durable done;  // empty: nobody asks
  };
  /// Of the device, in the database.
  struct DeviceRow {
    std::string user;
    std::string device;
    std::int64_t correction = 0;  // the server's clock minus this device's, ms
  };

  // Any thread
  Failure post(Step step, bool bounded = true);
  Failure call(std::function<Failure()> run);
  void post_event(std::function<void()> run);

  // The library's thread: engine_steps.cpp
  void run();
  static void answer(Step& step, const Failure& failure);
  std::vector<Step> wait_for_steps();
  std::optional<std::int64_t> next_due() const;
  void commit(std::vector<Step> steps);
  void crash(const std::string& why, std::vector<Step>& steps);
  void read_again();
  void load(const std::string& scope, bool reads);
  void show(Effects& effects);
  void tell(Effects& effects);
  void tell_progress();
  bool show_status();
  void shut_down();
  void tick();

  // engine_events.cpp
  void on_event(Event& event);
  void on_token_notice();
  bool correct_clock(const std::vector<Event>& events);
  void on_connection(Connector::State state);
  void on_message(std::uint64_t attempt, LinkMessage&& message, std::function<void()> done);
  void on_live(const LiveHeard& heard);
  void subscribe();
  void publish(const std::string& topic, const std::string& payload, int qos);
  void fail(const std::string& scope, const Fault& fault);
  State state();

  Connector::Hooks connector_hooks();
  Wire::Hooks wire_hooks();
  std::unique_ptr<Client> make_client() const;
  Failure read_device();
  std::string device_text() const;
  Failure check_unsent();
  std::int64_t now() const;
  std::int64_t device_clock() const;

  const EngineOptions options_;
  Observer& observer_;
  Views views_;
  std::string client_id_;

  // Of the library's thread, once it runs
  DeviceRow device_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<LiveBoard> live_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Wire> wire_;
  std::map<std::string, bool> modes_;      // scopes, and whether they are read
  std::map<std::string, Fault> standing_;  // what keeps it in State::error, by code
  std::set<std::string> reloaded_;         // scopes whose observers are to be told of all
  Fault last_error_;
  bool broken_ = false;  // a commit failed; the database is to be read again
  bool wiped_ = false;
  std::int64_t reread_at_ = 0;
  std::int64_t reread_pause_ = 0;
  std::int64_t tick_at_ = 0;
  std::int64_t resubscribe_at_ = 0;
  std::optional<std::int64_t> renewed_at_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<Step> queue_;
  bool stopping_ = false;
  bool running_ = false;

  std::atomic<std::thread::id> own_thread_;
  std::thread thread_;
};

}  // namespace msync::client
