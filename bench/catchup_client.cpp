#include "bench/catchup_client.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>

#include "client/cpp/core/replica.h"
#include "mqtt/link.h"
#include "tests/system/support/broker.h"

namespace msync::bench {
namespace {

using Clock = std::chrono::steady_clock;

// A PUBLISH of QoS 1 in MQTT 5 without properties: fixed header, topic, packet id, payload.
std::size_t packet_bytes(const LinkMessage& message) {
  const std::size_t body = 2 + message.topic.size() + 2 + 1 + message.payload.size();
  return 1 + (body < 128 ? 1 : body < 16'384 ? 2 : body < 2'097'152 ? 3 : 4) + body;
}

// Time is counted from when the connection stands, or the first message before it is known to: the MQTT library takes
// anything up to 100 ms to open one, which says nothing of either side.
struct Tally {
  std::atomic<std::size_t> bytes = 0;
  std::atomic<std::size_t> messages = 0;
  std::atomic<Clock::rep> began = 0;

  void connected() {
    Clock::rep never = 0;
    began.compare_exchange_strong(never, Clock::now().time_since_epoch().count());
  }
  void add(const LinkMessage& message) {
    connected();
    bytes += packet_bytes(message);
    ++messages;
  }
};

void report(const char* what, const Tally& tally) {
  const std::chrono::duration<double> took = Clock::now().time_since_epoch() - Clock::duration(tally.began);
  std::cout << what << ' ' << took.count() << ' ' << tally.bytes << ' ' << tally.messages << std::endl;
}

LinkOptions options_of(const std::string& broker, const std::string& user) {
  LinkOptions options;
  options.broker = broker;
  options.client_id = user + ":bench";
  options.token = [user] { return test::Broker::token(user, R"({"rooms":["42"]})"); };
  return options;
}

class Replica {
 public:
  Replica(std::string broker, std::string scope)
      : broker_(std::move(broker)),
        replica_(std::move(scope), "reader", [] { return "src-of-the-benchmark"; }, {.stored = false}) {}

  // Connects, pulls until it is whole, leaves.
  bool catch_up(const char* what) {
    Tally tally;
    const auto take = [&](LinkMessage&& message) {
      tally.add(message);
      const std::lock_guard lock(mutex_);
      arrived_.push_back(std::move(message.payload));
      wake_.notify_one();
    };
    Link link(options_of(broker_, "reader"),
              {.message = take, .connected = [&](bool) { tally.connected(); }});
    link.subscribe({"sync/reader:bench/delta/#"});
    link.open();
    test::eventually([&] { return link.is_connected(); }, 30'000);
    do {
      link.publish({replica_.scope() + "/pull", encode(next_pull())});
      if (!take_pages()) return false;
    } while (replica_.state.seq < head_);
    report(what, tally);
    link.close();
    return true;
  }

 private:
  Pull next_pull() {
    const client::ReplicaState& state = replica_.state;
    Pull pull;
    pull.rid = "r" + std::to_string(++pulls_);
    pull.epoch = state.epoch;
    pull.since = state.seq;
    pull.snap = state.in_snapshot ? state.snap : 0;
    pull.zlib = pull.zstd = true;
    return pull;
  }

  bool take_pages() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (!wake_.wait_for(lock, std::chrono::minutes(5), [&] { return !arrived_.empty(); })) return false;
      const std::string payload = std::move(arrived_.front());
      arrived_.pop_front();
      lock.unlock();
      const auto delta = decode_delta(payload);
      if (!delta) return false;
      if (delta->reset) replica_.begin_snapshot(*delta);
      if (!replica_.apply(*delta, 0)) return false;
      replica_.take_changed();
      head_ = delta->head;
      if (delta->last) return true;
    }
  }

  std::string broker_;
  client::Replica replica_;
  std::uint64_t head_ = 0;
  int pulls_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> arrived_;
};

void wait_for(const std::string& go) {
  test::eventually([&] { return ::access(go.c_str(), F_OK) == 0; }, 600'000);
}

}  // namespace

int run_replica(const std::string& broker, const std::string& scope, const std::string& go) {
  Replica replica(broker, scope);
  if (!replica.catch_up("first")) return 1;
  wait_for(go);
  return replica.catch_up("again") ? 0 : 1;
}

int run_subscriber(const std::string& broker, const std::string& filter, std::size_t count,
                   const std::string& go) {
  const bool queued = !go.empty();
  Tally tally;
  std::map<std::string, std::string> newest;
  LinkOptions options = options_of(broker, "subscriber");
  options.clean_start = !queued;
  options.session_expiry_s = queued ? 3600 : 0;
  const auto take = [&](LinkMessage&& message) {
    tally.add(message);
    newest[message.topic] = std::move(message.payload);
  };
  const auto connect = [&] {
    auto link = std::make_unique<Link>(
        options, Link::Handlers{.message = take, .connected = [&](bool) { tally.connected(); }});
    link->subscribe({filter});
    link->open();
    test::eventually([&] { return link->is_connected(); }, 30'000);
    return link;
  };
  if (queued) {
    connect()->close();
    std::cout << "ready 0 0 0" << std::endl;
    wait_for(go);
    tally.began = 0;
  }
  const auto link = connect();
  const bool all = test::eventually([&] { return tally.messages >= count; }, 600'000);
  report("got", tally);
  link->close();
  return all ? 0 : 1;
}

}  // namespace msync::bench
