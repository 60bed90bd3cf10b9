// Virtual time: what is to happen when. Nothing here waits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace msync::sim {

class Timeline {
 public:
  std::int64_t now_ms() const { return now_ms_; }

  void after(std::int64_t delay_ms, std::function<void()> event) { at(now_ms_ + delay_ms, std::move(event)); }

  void at(std::int64_t time_ms, std::function<void()> event) {
    events_.push_back({std::max(time_ms, now_ms_), order_++, std::move(event)});
    std::push_heap(events_.begin(), events_.end(), later);
  }

  /// Everything until then, in order; events of one time in the order they were made.
  void run_until(std::int64_t time_ms) {
    while (!events_.empty() && events_.front().time_ms <= time_ms) {
      std::pop_heap(events_.begin(), events_.end(), later);
      Event event = std::move(events_.back());
      events_.pop_back();
      now_ms_ = event.time_ms;
      if (++done_ > events_max) throw std::runtime_error("it goes round in circles: too many events");
      event.run();
    }
    now_ms_ = time_ms;
  }

  std::uint64_t done() const { return done_; }

 private:
  static constexpr std::uint64_t events_max = 300'000;  // an ordinary run has some thousands

  struct Event {
    std::int64_t time_ms;
    std::uint64_t order;
    std::function<void()> run;
  };
  static bool later(const Event& a, const Event& b) {
    return std::pair(a.time_ms, a.order) > std::pair(b.time_ms, b.order);
  }

  std::int64_t now_ms_ = 1'800'000'000'000;
  std::uint64_t order_ = 0;
  std::uint64_t done_ = 0;
  std::vector<Event> events_;
};

}  // namespace msync::sim
