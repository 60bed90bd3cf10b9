// The mutations that were rejected last: who, where, which, and why. No document, and nothing but codes and places of it.
//
// In memory only, the newest limits::status_rows. The pipeline adds, the status page reads. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/result.h"

namespace msync {

struct Rejection {
  std::int64_t at_ms = 0;  // by the server's clock
  std::string user;
  std::string scope;
  std::string id;
  Code code = Code::invalid;
  std::string path;  // a JSON Pointer, where there is a place

  bool operator==(const Rejection&) const = default;
};

class Rejections {
 public:
  void add(std::vector<Rejection>&& more) {
    const std::lock_guard lock(mutex_);
    for (Rejection& one : more) newest_.push_back(std::move(one));
    while (newest_.size() > limits::status_rows) newest_.pop_front();
  }

  /// The newest first.
  std::vector<Rejection> all() const {
    const std::lock_guard lock(mutex_);
    return {newest_.rbegin(), newest_.rend()};
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Rejection> newest_;
};

}  // namespace msync
