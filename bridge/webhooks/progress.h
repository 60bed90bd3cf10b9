// How far the webhooks have delivered, on its way to the store, whose only writer is the pipeline.
//
// Bounded: a newer cursor of a scope takes the place of the older one. Stored once a second at most: after a crash, what
// was not stored is delivered again. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace msync {

/// A webhook that has begun has a cursor of this scope, which is none: an empty store has no other place to say so.
inline constexpr std::int64_t webhook_begun_scope = 0;

struct WebhookMarks {
  std::map<std::string, std::map<std::int64_t, std::uint64_t>> cursors;  // by name and scope
  std::optional<std::vector<std::string>> keep;                          // all other names are forgotten

  bool empty() const { return cursors.empty() && !keep; }
};

class WebhookProgress {
 public:
  void moved(const std::string& name, std::int64_t scope, std::uint64_t seq);

  /// To be stored at the next opportunity: where webhooks begin, and who there is.
  void configured(WebhookMarks marks);

  /// What is to be stored now; with `all`, whatever there is.
  WebhookMarks take(bool all);

  /// It could not be stored.
  void put_back(WebhookMarks&& marks);

 private:
  std::mutex mutex_;
  WebhookMarks marks_;
  bool urgent_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace msync
