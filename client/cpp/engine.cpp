#include "client/cpp/engine.h"

#include <chrono>
#include <future>

#include "client/cpp/random.h"
#include "core/message_fields.h"
#include "core/topic.h"
#include "mqtt/broker_address.h"

namespace msync::client {
namespace {

Fault storage(const std::exception& error) {
  return {"storage", error.what(), ""};
}

}  // namespace

Engine::Engine(EngineOptions options, Observer& observer)
    : options_(std::move(options)), observer_(observer) {}

Engine::~Engine() {
  close();
}

std::int64_t Engine::now() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

std::int64_t Engine::device_clock() const {
  if (options_.clock) return options_.clock();
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// ---- The beginning ----------------------------------------------------------------------------------------

Failure Engine::start() {
  if (const auto address = parse_broker(options_.url); !address)
    return Fault{"invalid", address.error().message, ""};
  try {
    store_ = std::make_unique<Store>(options_.file);
    if (auto failure = read_device()) return failure;
  } catch (const StoreFault& error) {
    return storage(error);
  }
  client_ = make_client();
  live_ = std::make_unique<LiveBoard>(
      client_id_,
      [this](const std::string& topic, const std::string& payload) { publish(topic, payload, 0); });
  wire_ = std::make_unique<Wire>(wire_hooks());
  connector_ = std::make_unique<Connector>(connector_hooks());
  running_ = true;
  post_event([this] { connector_->start(now()); });
  thread_ = std::thread([this] { run(); });
  return std::nullopt;
}

Failure Engine::read_device() {
  const std::string row = store_->device();
  if (!row.empty()) {
    const auto body = parse_envelope(row);
    if (!body) return Fault{"storage", options_.file + ": the device's row is damaged", ""};
    Fields fields(*body);
    device_ = {fields.text("user"), fields.text("device"), body->value("correction", std::int64_t{0})};
    if (device_.user != options_.user) {
      return Fault{"wrong_user", "this database is " + device_.user + "'s: give another user another one",
                   ""};
    }
  }
  device_.user = options_.user;
  if (!options_.device.empty()) device_.device = options_.device;
  if (device_.device.empty()) device_.device = random_name();
  client_id_ = device_.user + ":" + device_.device;
  if (!parse_client_id(client_id_))
    return Fault{"invalid", json_quoted(client_id_) + " cannot be a client id", ""};
  store_->commit({}, device_text());
  return std::nullopt;
}

std::string Engine::device_text() const {
  return to_text({{"user", device_.user}, {"device", device_.device}, {"correction", device_.correction}});
}

std::unique_ptr<Client> Engine::make_client() const {
  return std::make_unique<Client>(
      Client::Options{options_.user, client_id_, [] { return random_unit(); }, [] { return random_name(); }});
}

// ---- Calls ------------------------------------------------------------------------------------------------

Failure Engine::post(Step step, bool bounded) {
  const bool own = on_own_thread();
  std::unique_lock lock(mutex_);
  const auto has_room = [this] { return !running_ || queue_.size() < bounds::queued_steps; };
  if (bounded && own && !has_room()) return Fault{"busy", "too much is waiting already", ""};
  if (bounded && !own) changed_.wait(lock, has_room);
  if (!running_ || (stopping_ && bounded)) return Fault{"closed", "it was closed", ""};
  queue_.push_back(std::move(step));
  changed_.notify_all();
  return std::nullopt;
}

void Engine::post_event(std::function<void()> run) {
  post({[run = std::move(run)] {
          run();
          return Failure();
        },
        {}},
       false);
}

Failure Engine::call(std::function<Failure()> run) {
  if (on_own_thread()) return Fault{"in_callback", "this call waits for the thread that it was made on", ""};
  std::promise<Failure> promise;
  auto ended = promise.get_future();
  if (auto refused =
          post({std::move(run), [&promise](const Failure& failure) { promise.set_value(failure); }}))
    return refused;
  return ended.get();
}

Failure Engine::open(const std::string& scope, bool reads) {
  if (auto bad = check_scope(scope)) return bad;
  return call([this, scope, reads]() -> Failure {
    if (client_->find(scope) != nullptr) return std::nullopt;
    if (broken_) return Fault{"storage", "the database cannot be read", ""};
    try {
      load(scope, reads);
    } catch (const StoreFault& error) {
      return storage(error);
    }
    if (reads) wire_->subscribe({scope + "/log"});
    return std::nullopt;
  });
}

Failure Engine::write(const std::string& scope, const std::string& key, std::vector<WriteOp> ops,
                      bool group) {
  if (on_own_thread()) return Fault{"in_callback", "this call waits for the thread that it was made on", ""};
  std::promise<Failure> promise;
  auto ended = promise.get_future();
  const auto refused = submit(scope, key, std::move(ops), group,
                              [&promise](const Failure& failure) { promise.set_value(failure); });
  return refused ? refused : ended.get();
}

Failure Engine::submit(const std::string& scope, const std::string& key, std::vector<WriteOp> ops, bool group,
                       Durable done) {
  if (auto bad = check_operations(ops, views_.limits())) return bad;
  return post({[this, scope, key, group, ops = std::move(ops)]() mutable -> Failure {
                 if (broken_) return Fault{"storage", "the database cannot be read", ""};
                 if (client_->find(scope) == nullptr) return Fault{"not_found", scope + " is not open", ""};
                 client_->write(scope, key, std::move(ops), group, device_clock() + device_.correction,
                                now());
                 return std::nullopt;
               },
               std::move(done)});
}

Failure Engine::solve(const std::string& key, bool again) {
  auto run = [this, key, again]() -> Failure {
    for (const auto& [name, scope] : client_->scopes()) {
      auto problem = scope->replica().reports().drop_problem(key);
      if (!problem) continue;
      views_.drop_problem(key);
      if (!again) return std::nullopt;
      for (WriteOp& op : problem->meant) {
        op.base.reset();
        op.ts = 0;
      }
      client_->write(name, key, std::move(problem->meant), problem->group,
                     device_clock() + device_.correction, now());
      return std::nullopt;
    }
    return Fault{"not_found", "no such write: " + key, ""};
  };
  return on_own_thread() ? post({std::move(run), {}}) : call(std::move(run));
}

Failure Engine::suspend() {
  return call([this]() -> Failure {
    live_->goodbye();
    connector_->stop(true);
    return std::nullopt;
  });
}

Failure Engine::resume() {
  return post({[this]() -> Failure { return connector_->start(now()), std::nullopt; }, {}});
}

Failure Engine::reachable(bool is) {
  return post({[this, is]() -> Failure { return connector_->reachable(is, now()), std::nullopt; }, {}});
}

Failure Engine::give_token(const std::string& token) {
  return post({[this, token]() -> Failure {
                 if (connector_->on_token(token, now())) return std::nullopt;
                 if (connector_->state() != Connector::State::connected) return std::nullopt;
                 renewed_at_ = now();
                 publish("$CONTROL/sync/v1/token", token, 1);
                 return std::nullopt;
               },
               {}});
}

Failure Engine::no_token(const std::string& why) {
  return post({[this, why]() -> Failure {
                 if (!connector_->on_no_token(why, now())) fail("", {"token", why, ""});
                 return std::nullopt;
               },
               {}});
}

Failure Engine::renew_token() {
  return post({[this]() -> Failure {
                 if (connector_->state() == Connector::State::connected) observer_.on_token_needed();
                 return std::nullopt;
               },
               {}});
}

// ---- Presence ---------------------------------------------------------------------------------------------

Failure Engine::set_live(const std::string& scope, const std::string& state) {
  if (auto bad = check_scope(scope)) return bad;
  std::string json;
  if (!state.empty()) {
    if (auto bad = check_json(state, views_.limits(), json)) return bad;
  }
  return post({[this, scope, json]() -> Failure { return live_->set(scope, json), std::nullopt; }, {}});
}

Failure Engine::send_live(const std::string& scope, const std::string& message) {
  if (auto bad = check_scope(scope)) return bad;
  std::string json;
  if (auto bad = check_json(message, views_.limits(), json)) return bad;
  return post({[this, scope, json]() -> Failure { return live_->send(scope, json), std::nullopt; }, {}});
}

Failure Engine::watch_live(const std::string& scope, bool on) {
  if (auto bad = check_scope(scope)) return bad;
  return post({[this, scope, on]() -> Failure {
                 if (!live_->watch(scope, on)) return std::nullopt;
                 if (on) {
                   wire_->subscribe({scope + "/live/+"});
                 } else {
                   wire_->unsubscribe({scope + "/live/+"});
                   views_.forget_peers(scope);
                 }
                 return std::nullopt;
               },
               {}});
}

// ---- The end ----------------------------------------------------------------------------------------------

Failure Engine::close() {
  if (!thread_.joinable()) return std::nullopt;
  if (on_own_thread()) return Fault{"in_callback", "this call waits for the thread that it was made on", ""};
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
  views_.wake();
  return std::nullopt;
}

Failure Engine::check_unsent() {
  std::size_t unsent = 0;
  for (const std::string& row : store_->writes()) {
    const auto entry = decode_entry(row);
    if (!entry || (!entry->done && !entry->key.empty())) ++unsent;
  }
  if (unsent == 0) return std::nullopt;
  return Fault{"pending", std::to_string(unsent) + " writes have not been sent", ""};
}

Failure Engine::wipe(bool discard) {
  const auto refused = call([this, discard]() -> Failure {
    try {
      if (auto unsent = discard ? std::nullopt : check_unsent()) return unsent;
    } catch (const StoreFault& error) {
      return storage(error);
    }
    wiped_ = true;
    return std::nullopt;
  });
  return refused ? refused : close();
}

}  // namespace msync::client
