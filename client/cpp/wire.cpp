#include "client/cpp/wire.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "client/cpp/core/bounds.h"
#include "mqtt/broker_address.h"
#include "mqtt/connection.h"
#include "mqtt/no_delay.h"
#include "mqtt/window.h"

namespace msync::client {
namespace {

/// MQTT 5's reasons that a new token, or another client id, may mend.
bool is_refusal(int reason) {
  return reason == 0x85 || reason == 0x86 || reason == 0x87 || reason == 0x8c;
}

/// A connection and what it refers to.
struct Line {
  Line(std::uint64_t number, const Wire::Target& target, Connection::Events events)
      : attempt(number),
        options{.broker = target.broker,
                .client_id = target.client_id,
                .token = {},
                .ca_file = target.ca_file,
                .clean_start = false,
                .session_expiry_s = bounds::session_expiry_s,
                .will = target.will},
        connection(options, address_of(target.broker), std::move(events)) {}

  static BrokerAddress address_of(const std::string& broker) {
    const auto address = parse_broker(broker);
    if (!address) throw std::invalid_argument(address.error().message);
    return *address;
  }

  const std::uint64_t attempt;
  const LinkOptions options;
  Connection connection;
};

}  // namespace

struct Wire::Impl {
  explicit Impl(Hooks wanted) : hooks(std::move(wanted)) {}

  // The wire's thread
  void run();
  void connect(std::uint64_t attempt, const Target& target);
  void send(const Publish& message);
  void goodbye();

  // Paho's thread
  void hear(std::uint64_t attempt, LinkMessage&& message);
  void lost(std::uint64_t attempt, bool refused, const std::string& why);

  void enqueue(std::function<void()> command);

  const Hooks hooks;
  Window window;
  std::unique_ptr<Line> line;  // of the wire's thread

  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  std::deque<std::function<void()>> commands;
  bool busy = false;  // a command is running
  bool stopping = false;
  std::uint64_t current = 0;  // the attempt whose hooks are called; 0: none
  bool said_goodbye = false;

  std::thread thread;
};

void Wire::Impl::enqueue(std::function<void()> command) {
  std::lock_guard lock(mutex);
  commands.push_back(std::move(command));
  changed.notify_all();
}

void Wire::Impl::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !commands.empty(); });
    if (commands.empty()) break;
    const auto command = std::move(commands.front());
    commands.pop_front();
    busy = true;
    lock.unlock();
    command();
    lock.lock();
    busy = false;
    changed.notify_all();
  }
  lock.unlock();
  line.reset();
}

void Wire::Impl::connect(std::uint64_t attempt, const Target& target) {
  try {
    line = std::make_unique<Line>(
        attempt, target,
        Connection::Events{
            .message = [this, attempt](LinkMessage&& message) { hear(attempt, std::move(message)); },
            .published = [this](std::uint64_t id, Published outcome) { window.settle(id, outcome); },
            .lost = [this, attempt](const std::string& why) { lost(attempt, false, why); }});
    const std::uint16_t port = Line::address_of(target.broker).port;
    line->connection.connect(target.token, [this, attempt, port](const Connection::Connected& connected) {
      const auto& failure = connected.failure;
      if (!failure.why.empty()) return lost(attempt, is_refusal(failure.reason), failure.why);
      send_at_once(port);
      window.open(std::clamp<std::size_t>(connected.receive_max, 1, bounds::publish_window));
      hooks.connected(attempt);
    });
  } catch (const std::exception& error) {  // Paho's
    lost(attempt, false, error.what());
  }
}

void Wire::Impl::send(const Publish& message) {
  if (!line) return;
  const std::uint64_t id = window.enter([](Published) {}, message.payload.size());
  if (id == 0) return;
  if (!line->connection.publish(id, message)) window.leave(id);
}

void Wire::Impl::goodbye() {
  if (!line) return;
  {
    std::lock_guard lock(mutex);
    said_goodbye = false;
  }
  try {
    line->connection.disconnect(bounds::goodbye_ms, [this] {
      std::lock_guard lock(mutex);
      said_goodbye = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::milliseconds(2 * bounds::goodbye_ms),
                     [this] { return said_goodbye; });
  } catch (const std::exception&) {
    // Not connected: nobody to say goodbye to.
  }
  // Before the next one is made: a thread of Paho's that already waits for sockets would notice a new one a second late.
  line.reset();
}

void Wire::Impl::hear(std::uint64_t attempt, LinkMessage&& message) {
  const auto done = std::make_shared<bool>(false);
  hooks.message(attempt, std::move(message), [this, done] {
    std::lock_guard lock(mutex);
    *done = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return *done || current != attempt; });
}

void Wire::Impl::lost(std::uint64_t attempt, bool refused, const std::string& why) {
  {
    std::lock_guard lock(mutex);
    if (current != attempt) return;
    current = 0;
    changed.notify_all();
  }
  window.close();
  hooks.closed(attempt, refused, why);
}

Wire::Wire(Hooks hooks) : impl_(std::make_unique<Impl>(std::move(hooks))) {
  impl_->thread = std::thread([this] { impl_->run(); });
}

Wire::~Wire() {
  close(false);
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

void Wire::open(std::uint64_t attempt, Target target) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->current = attempt;
  }
  impl_->enqueue([this, attempt, target = std::move(target)] { impl_->connect(attempt, target); });
}

void Wire::publish(Publish message) {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->current == 0 || impl_->commands.size() >= bounds::queued_messages) return;
  }
  impl_->enqueue([this, message = std::move(message)] { impl_->send(message); });
}

void Wire::subscribe(std::vector<std::string> filters) {
  if (filters.empty()) return;
  impl_->enqueue([this, filters = std::move(filters)] {
    if (impl_->line) impl_->line->connection.add(filters);
  });
}

void Wire::unsubscribe(std::vector<std::string> filters) {
  if (filters.empty()) return;
  impl_->enqueue([this, filters = std::move(filters)] {
    if (impl_->line) impl_->line->connection.remove(filters);
  });
}

void Wire::close(bool politely) {
  Impl& impl = *impl_;
  std::unique_lock lock(impl.mutex);
  if (politely && impl.current != 0) {
    const auto idle = [&impl] { return impl.current == 0 || (impl.commands.empty() && !impl.busy); };
    impl.changed.wait_for(lock, std::chrono::milliseconds(bounds::goodbye_ms), idle);
  }
  impl.current = 0;  // who hears a message does not wait any more
  impl.commands.clear();
  impl.changed.notify_all();
  lock.unlock();
  impl.window.close();
  impl.enqueue([&impl] { impl.goodbye(); });
}

}  // namespace msync::client
