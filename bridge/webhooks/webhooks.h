// All webhooks: who there is, where each begins, and the one reader of the store that they share.
//
// touched() on the pipeline's thread, stats() on any; the rest on one thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "bridge/webhooks/target.h"

namespace msync {

class Webhooks {
 public:
  struct Parts {
    std::function<std::string()> epoch;
    std::function<std::unique_ptr<StoreReader>()> open_reader;  // throws StoreError
    ServerTime& time;
    std::function<void(const std::string& why)> fatal;
  };

  explicit Webhooks(Parts parts);

  /// From now on these: who is new begins, who is gone is forgotten, who has changed goes on from his cursor, the others
  /// do not notice. Waits, a second or two, for what is under way to those that end. Throws StoreError.
  void configure(const std::vector<WebhookConfig>& configs);

  /// Scopes moved.
  void touched(std::span<const Touched> scopes);

  /// Ends all; within limits::drain_ms, what is under way included.
  void stop();

  /// What the pipeline stores.
  WebhookProgress& progress() { return progress_; }

  std::vector<WebhookStats> stats() const;

 private:
  using Targets = std::vector<std::shared_ptr<WebhookTarget>>;

  std::shared_ptr<WebhookTarget> make(const WebhookConfig& config);
  void begin(WebhookTarget& target, const std::vector<ScopeRow>& scopes, View& view, WebhookMarks& marks);
  void read(const std::function<void(View&)>& use);

  Parts parts_;
  WebhookProgress progress_;
  std::mutex reading_;  // views of one reader come one at a time
  std::unique_ptr<StoreReader> reader_;
  std::atomic<std::shared_ptr<const Targets>> targets_;
};

}  // namespace msync
