#include "mqtt/link.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "mqtt/broker_address.h"
#include "mqtt/connection.h"
#include "mqtt/no_delay.h"
#include "mqtt/window.h"

namespace msync {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds step_timeout{15};  // a connect or subscribe that takes longer has failed
constexpr int goodbye_ms = 2000;

/// True on a thread that is inside a handler: there Paho's lock is held, and a publish would never end.
thread_local bool inside_handler = false;

}  // namespace

struct Link::Impl {
  Impl(LinkOptions given, Handlers wanted) : options(std::move(given)), handlers(std::move(wanted)) {
    auto parsed = parse_broker(options.broker);
    if (!parsed) throw std::invalid_argument(parsed.error().message);
    address = *parsed;
  }

  /// Handlers come one at a time. One that throws ends the process: there is nobody it could throw to.
  template <class Body>
  void call(Body&& body) noexcept {
    std::lock_guard lock(handler_mutex);
    inside_handler = true;
    body();
    inside_handler = false;
  }

  // Paho's thread
  void hear(LinkMessage&& message);
  void lost(const std::string& why);

  // The link's thread
  void run();
  void renew_connection();
  std::string attempt();
  std::string await(const bool& ended, const Connection::Failure& failure);
  std::string stay();
  bool pause(int attempts, const std::string& why);
  void say_goodbye();

  std::vector<std::string> wanted_filters() {
    std::lock_guard lock(mutex);
    return filters;
  }

  // A caller's thread
  bool publish(const Publish& message, std::function<void(Published)> done);

  const LinkOptions options;
  const Handlers handlers;
  BrokerAddress address;
  Window window;

  std::mutex handler_mutex;
  std::mutex connection_mutex;  // of a publish against the replacement; taken before Paho's own lock
  std::unique_ptr<Connection> connection;

  std::mutex mutex;  // of what follows; taken after Paho's own lock
  std::condition_variable changed;
  std::vector<std::string> filters;
  bool stopping = false;
  bool online = false;
  std::string loss;      // why the connection is gone; empty: it is not
  int refusal = 0;       // see last_refusal()
  bool hearing = false;  // the message handler is running
  Clock::time_point heard_last = {};

  std::thread thread;
};

void Link::Impl::hear(LinkMessage&& message) {
  {
    std::lock_guard lock(mutex);
    hearing = true;
  }
  call([&] { handlers.message(std::move(message)); });
  std::lock_guard lock(mutex);
  hearing = false;
  heard_last = Clock::now();
}

void Link::Impl::lost(const std::string& why) {
  {
    std::lock_guard lock(mutex);
    if (!loss.empty()) return;
    loss = why;
    online = false;
    changed.notify_all();
  }
  call([this] { window.close(); });
}

void Link::Impl::renew_connection() {
  // Made before the old one is destroyed: without any client Paho would stop its threads and start new ones.
  auto next = std::make_unique<Connection>(
      options, address,
      Connection::Events{
          .message = [this](LinkMessage&& message) { hear(std::move(message)); },
          .published = [this](std::uint64_t id,
                              Published outcome) { call([&] { window.settle(id, outcome); }); },
          .lost = [this](const std::string& why) { lost(why); }});
  {
    std::lock_guard lock(connection_mutex);
    connection.swap(next);
  }
  next.reset();
  std::lock_guard lock(mutex);
  loss.clear();
}

/// Waits for the end of a step: why it failed, or did not end; empty if it worked.
std::string Link::Impl::await(const bool& ended, const Connection::Failure& failure) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, step_timeout, [&] { return ended || stopping || !loss.empty(); });
  refusal = ended ? failure.reason : 0;
  if (ended) return failure.why;
  if (!loss.empty()) return loss;
  return stopping ? "closed" : "no answer";
}

/// Why there is no connection; empty if there is one.
std::string Link::Impl::attempt() {
  struct Progress {  // shared: Paho may call back after we have given up waiting
    bool connect_ended = false;
    bool subscribe_ended = false;
    Connection::Connected connected;
    Connection::Failure subscribe_failure;
  };
  const auto progress = std::make_shared<Progress>();
  const auto note = [this](auto&& change) {
    std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  };
  try {
    renew_connection();
    connection->connect(options.token ? options.token() : "",
                        [note, progress](const Connection::Connected& connected) {
                          note([&] { progress->connected = connected, progress->connect_ended = true; });
                        });
    std::string failure = await(progress->connect_ended, progress->connected.failure);
    if (!failure.empty()) return "cannot connect to " + to_string(address) + ": " + failure;
    if (const auto wanted = wanted_filters(); !wanted.empty()) {
      connection->subscribe(wanted, [note, progress](const Connection::Failure& refused) {
        note([&] { progress->subscribe_failure = refused, progress->subscribe_ended = true; });
      });
      failure = await(progress->subscribe_ended, progress->subscribe_failure);
      if (!failure.empty())
        return "connected to " + to_string(address) + ", but cannot subscribe: " + failure;
    }
  } catch (const std::exception& error) {  // Paho's, or from whoever makes the token
    return "cannot connect to " + to_string(address) + ": " + error.what();
  }
  {
    std::lock_guard lock(mutex);
    if (!loss.empty()) return loss;
    send_at_once(address.port);
    window.open(std::max<std::size_t>(1, std::min(options.window, progress->connected.receive_max)));
    online = true;
  }
  if (handlers.connected) call([&] { handlers.connected(progress->connected.session_present); });
  return {};
}

/// Until the connection is gone or close() is called.
std::string Link::Impl::stay() {
  std::unique_lock lock(mutex);
  while (loss.empty() && !stopping) {
    changed.wait_for(lock, seconds(1));
    // A broker that answers pings but no publish. Time inside a handler does not count: we did not listen.
    const auto oldest = window.oldest();
    if (!oldest || hearing) continue;
    if (Clock::now() - std::max(*oldest, heard_last) < milliseconds(limits::publish_timeout_ms)) continue;
    lock.unlock();
    lost("no acknowledgement for " + std::to_string(limits::publish_timeout_ms / 1000) + " s");
    lock.lock();
  }
  return loss;
}

bool Link::Impl::pause(int attempts, const std::string& why) {
  const int longest_ms =
      std::min(limits::reconnect_max_ms, limits::reconnect_min_ms << std::min(attempts, 16));
  static thread_local std::minstd_rand dice{std::random_device{}()};
  const int pause_ms = std::uniform_int_distribution<int>(longest_ms / 2, longest_ms)(dice);
  if (handlers.disconnected)
    call([&] { handlers.disconnected(why + "; next attempt in " + std::to_string(pause_ms) + " ms"); });
  std::unique_lock lock(mutex);
  return !changed.wait_for(lock, milliseconds(pause_ms), [this] { return stopping; });
}

void Link::Impl::say_goodbye() {
  if (!connection) return;
  const auto ended = std::make_shared<bool>(false);
  try {
    connection->disconnect(goodbye_ms, [this, ended] {
      std::lock_guard lock(mutex);
      *ended = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait_for(lock, milliseconds(2 * goodbye_ms), [&] { return *ended || !loss.empty(); });
  } catch (const std::exception&) {
    // Not connected: nobody to say goodbye to.
  }
}

void Link::Impl::run() {
  for (int attempts = 0;; ++attempts) {
    std::string why = attempt();
    const auto began = Clock::now();
    if (why.empty()) why = stay();
    {
      std::lock_guard lock(mutex);
      if (stopping) break;
      online = false;
    }
    call([this] { window.close(); });
    say_goodbye();
    // A connection that breaks at once, each time, must not be asked for four times a second.
    if (Clock::now() - began > milliseconds(limits::reconnect_max_ms)) attempts = 0;
    if (!pause(attempts, why)) break;
  }
  say_goodbye();
  {
    std::lock_guard lock(mutex);
    online = false;
  }
  call([this] { window.close(); });
  std::lock_guard lock(connection_mutex);
  connection.reset();
}

bool Link::Impl::publish(const Publish& message, std::function<void(Published)> done) {
  if (inside_handler) throw std::logic_error("Link::publish() was called from a handler");
  const std::uint64_t id = window.enter(std::move(done), message.payload.size());
  if (id == 0) return false;
  std::lock_guard lock(connection_mutex);
  if (!window.holds(id)) return true;  // the connection broke meanwhile, and `done` has said so
  return connection->publish(id, message) || !window.leave(id);
}

Link::Link(LinkOptions options, Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}

Link::~Link() {
  close();
}

void Link::subscribe(std::vector<std::string> filters) {
  std::lock_guard lock(impl_->mutex);
  impl_->filters = std::move(filters);
}

void Link::reconnect() {
  if (is_connected()) impl_->lost("asked to connect again");
}

void Link::open() {
  if (!impl_->thread.joinable()) impl_->thread = std::thread([this] { impl_->run(); });
}

bool Link::is_connected() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->online;
}

int Link::last_refusal() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->refusal;
}

bool Link::publish(const Publish& message, std::function<void(Published)> done) {
  return impl_->publish(message, std::move(done));
}

Published Link::publish_and_wait(const Publish& message, int timeout_ms) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Published> outcome;
  };
  const auto answer = std::make_shared<Answer>();  // may be answered after we have stopped waiting
  const bool sent = publish(message, [answer](Published outcome) {
    std::lock_guard lock(answer->mutex);
    answer->outcome = outcome;
    answer->arrived.notify_all();
  });
  if (!sent) return {};
  std::unique_lock lock(answer->mutex);
  answer->arrived.wait_for(lock, milliseconds(timeout_ms), [&] { return answer->outcome.has_value(); });
  return answer->outcome.value_or(Published{});
}

bool Link::drain(int timeout_ms) {
  return impl_->window.drain(timeout_ms);
}

void Link::close() {
  if (!impl_->thread.joinable()) return;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

}  // namespace msync
