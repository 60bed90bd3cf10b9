// The bridge's parts, wired: link, gate, inbox, pipeline, pulls, publisher, on one store.
//
//   link thread ──▶ inbox ──▶ pipeline ──▶ store ──▶ publisher ──▶ link
//              └──▶ pulls ──▶ (own reader) ──▶ outbox ──┘
// start() and stop() on one thread; reload() between them on the same.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/drop_watch.h"
#include "bridge/gate.h"
#include "bridge/http/side.h"
#include "bridge/inbox.h"
#include "bridge/metrics.h"
#include "bridge/pipeline.h"
#include "bridge/publisher.h"
#include "bridge/pull_service.h"
#include "bridge/status_board.h"
#include "bridge/status_pages.h"
#include "bridge/webhooks/webhooks.h"

namespace msync {

struct DaemonConfig {
  LinkOptions link;  // without will and session settings: the daemon's own
  std::string stamp_key;
  std::string store;  // address
  std::string version;
  RevokeRules revoking;
  std::optional<HttpOptions> http;
  std::function<void()> keys_wanted = {};  // the plugin lacks one; may be empty
  std::optional<std::vector<WebhookConfig>> webhooks = {};
};

class Daemon {
 public:
  /// Opens the store and listens for HTTP: throws StoreError or std::runtime_error. `fatal` is called on some thread when the daemon cannot go on.
  Daemon(DaemonConfig config, std::shared_ptr<const Collections> collections,
         std::function<void(const std::string& why)> fatal);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void start();

  /// Takes no more input, commits and publishes what it has, says offline, disconnects: each within `drain_ms`,
  /// after which it gives up what is left (clients send it again).
  void stop(int drain_ms);

  /// New schemas, already checked, from now on; subscribes anew. What the bridge had taken from the broker before is
  /// still judged by the old ones.
  void reload(std::shared_ptr<const Collections> collections);

  /// The store shall know that its documents were held against these: names of collections and fingerprints.
  void remember(std::vector<std::pair<std::string, std::string>> accepted);

  /// These webhooks from now on; between start() and stop(). Throws StoreError.
  void set_webhooks(const std::vector<WebhookConfig>& webhooks);

  /// Any thread.
  std::vector<WebhookStats> webhook_stats() const { return webhooks_.stats(); }

 private:
  void receive(LinkMessage&& message);
  bool receive_own(const LinkMessage& message);
  void note_dropped(const std::string& count);
  void note_door(const std::string& payload);
  Gauges gauges() const;
  void refuse(const std::string& topic, const Error& error);
  std::vector<std::string> filters(const Collections& collections) const;
  std::unique_ptr<Link> make_link();
  Publisher::Parts publisher_parts();
  std::unique_ptr<HttpSide> make_http();
  Pipeline::Parts pipeline_parts(std::unique_ptr<Store> store);

  DaemonConfig config_;
  std::atomic<std::shared_ptr<const Collections>> collections_;
  std::function<void(const std::string&)> fatal_;
  StoreIdentity identity_;
  std::unique_ptr<StoreReader> tail_reader_;
  std::unique_ptr<StoreReader> pull_reader_;
  ServerTime time_;
  std::unique_ptr<HttpSide> http_;  // outlives who may still hold a request of it
  Metrics metrics_;
  Rejections rejections_;
  Gate gate_;
  DropWatch drops_;
  Inbox inbox_;
  Outbox outbox_;
  Cursors cursors_;
  Webhooks webhooks_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<PullService> pulls_;
  std::unique_ptr<StatusBoard> status_;
  std::unique_ptr<StatusPages> pages_;
  std::future<void> pipeline_done_;
  std::future<void> pulls_done_;
  std::future<void> publisher_done_;
  std::future<void> status_done_;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace msync
