// A thread that does one job after the other: what reads the store for the HTTP side, so that the thread which talks to
// its clients never waits for a disk.
//
// Its queue is bounded by who fills it: one job for each connection, and a few more. What a job throws is given to
// `failed`, and the next job runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>

namespace msync {

class Worker {
 public:
  explicit Worker(std::function<void(const std::exception&)> failed) : failed_(std::move(failed)) {}
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start() {
    done_ = std::async(std::launch::async, [this] { run(); });
  }

  /// Ends after the job under way; what waits is dropped. Any thread but its own.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_all();
    if (done_.valid()) done_.get();
  }

  /// Any thread.
  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      jobs_.push_back(std::move(job));
    }
    arrived_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      try {
        job();
      } catch (const std::exception& error) {
        failed_(error);
      }
      job = nullptr;  // what it holds may be large
      lock.lock();
    }
  }

  std::function<void(const std::exception&)> failed_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::future<void> done_;
};

}  // namespace msync
