#include "bench/ack_timer.h"

#include <algorithm>
#include <chrono>

#include "core/message.h"
#include "tests/system/support/broker.h"

namespace msync::bench {
namespace {

using Clock = std::chrono::steady_clock;

LinkOptions options_of(const std::string& broker) {
  LinkOptions options;
  options.broker = broker;
  options.client_id = "timer:bench";
  options.token = [] { return test::Broker::token("timer", R"({"rooms":["42","43"]})"); };
  return options;
}

}  // namespace

AckTimer::AckTimer(const std::string& broker, const std::string& scope, const std::string& epoch)
    : scope_(scope), epoch_(epoch), link_(options_of(broker), {.message = [this](LinkMessage&& message) {
                                            const auto ack = decode_ack(message.payload);
                                            if (!ack) return;
                                            const std::lock_guard lock(mutex_);
                                            acked_ = std::max(acked_, ack->n);
                                            wake_.notify_all();
                                          }}) {
  link_.subscribe({"sync/timer:bench/ack/#"});
  link_.open();
  test::eventually([this] { return link_.is_connected(); });
  thread_ = std::thread([this] { run(); });
}

AckTimer::~AckTimer() {
  ending_ = true;
  thread_.join();
  link_.close();
}

void AckTimer::run() {
  for (std::uint64_t n = 1; !ending_; ++n) {
    const std::string payload = R"({"epoch":")" + epoch_ + R"(","src":"bench-ack-timer-01","n":)" +
                                std::to_string(n) +
                                R"(,"mutations":[{"op":"put","id":"t","data":{"text":"tick"}}]})";
    const auto begin = Clock::now();
    link_.publish({scope_ + "/in", payload});
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, std::chrono::seconds(10), [&] { return acked_ >= n || ending_; })) return;
    latencies_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
}

AckTimer::Latency AckTimer::take() {
  std::vector<double> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(latencies_ms_);
  }
  if (taken.empty()) return {};
  std::sort(taken.begin(), taken.end());
  return {taken[taken.size() / 2], taken[taken.size() * 99 / 100], taken.size()};
}

}  // namespace msync::bench
