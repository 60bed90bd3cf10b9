#include "bench/writers.h"

#include <algorithm>
#include <thread>

namespace msync::bench {

namespace {

constexpr auto connect_timeout = std::chrono::seconds(10);
constexpr auto answer_timeout = std::chrono::seconds(30);

double percentile(std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

Writer::Writer(LinkOptions options, std::string topic, Payload payload, Answers answers,
               std::size_t outstanding)
    : topic_(std::move(topic)),
      payload_(std::move(payload)),
      answers_(std::move(answers)),
      outstanding_(outstanding),
      link_(std::move(options), {.message =
                                     [this](LinkMessage&& message) {
                                       if (answers_) answer_up_to(answers_(message));
                                     },
                                 .connected =
                                     [this](bool) {
                                       const std::scoped_lock lock(mutex_);
                                       connected_ = true;
                                       changed_.notify_all();
                                     },
                                 .disconnected = {}}) {}

bool Writer::connect(const std::vector<std::string>& filters) {
  link_.subscribe(filters);
  link_.open();
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, connect_timeout, [this] { return connected_; });
}

void Writer::answer_up_to(std::uint64_t n) {
  const auto now = Clock::now();
  const std::scoped_lock lock(mutex_);
  while (answered_ < n && !waiting_.empty()) {
    latencies_ms_.push_back(std::chrono::duration<float, std::milli>(now - waiting_.front()).count());
    waiting_.pop_front();
    ++answered_;
  }
  changed_.notify_all();
}

void Writer::write_until(Clock::time_point end) {
  std::function<void(Published)> by_puback;
  if (!answers_) by_puback = [this](Published) { answer_up_to(answered_ + 1); };
  while (Clock::now() < end) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, answer_timeout, [this] { return waiting_.size() < outstanding_; })) return;
      ++sent_;
      waiting_.push_back(Clock::now());
    }
    if (!link_.publish({.topic = topic_, .payload = payload_(sent_)}, by_puback)) return;
  }
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, answer_timeout, [this] { return waiting_.empty(); });
}

Figures run(std::vector<std::unique_ptr<Writer>>& writers, const Load& load) {
  const auto start = Clock::now();
  const auto end = start + std::chrono::seconds(load.seconds);
  std::vector<std::thread> threads;
  for (auto& writer : writers) threads.emplace_back([&writer, end] { writer->write_until(end); });
  for (auto& thread : threads) thread.join();

  Figures figures;
  figures.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<float> all;
  for (const auto& writer : writers) {
    figures.answered += writer->answered();
    all.insert(all.end(), writer->latencies_ms().begin(), writer->latencies_ms().end());
  }
  std::sort(all.begin(), all.end());
  figures.p50_ms = percentile(all, 0.5);
  figures.p99_ms = percentile(all, 0.99);
  return figures;
}

}  // namespace msync::bench
