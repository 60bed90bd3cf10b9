// What one process of the chaos suite saw and did: a file of JSON lines, each written before it is acted on.
//
// Every line has `wall` (Unix time, ms) and `mono` (ms of this machine's monotonic clock, the same for all processes).
// A line is one write(2): a process that is killed leaves whole lines, and at most a torn last one. One thread.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace msync::chaos {

using Json = nlohmann::json;

/// Monotonic ms since the machine was started.
std::int64_t mono_ms();
/// Unix time, ms.
std::int64_t wall_ms();

/// Appends bytes to a descriptor in as few writes as the kernel allows. Throws std::system_error.
void write_all(int descriptor, const std::string& bytes);

class History {
 public:
  /// Appends to this file, which need not exist. Throws std::system_error.
  explicit History(const std::string& path);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// `event` is its name, under "ev"; `line` an object with the rest.
  void record(const char* event, Json line);

 private:
  int descriptor_;
};

}  // namespace msync::chaos
