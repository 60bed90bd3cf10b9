// The publisher: everything the bridge sends leaves by this one thread.
//
// Two sources: the outbox (acks, notices, pages), and the store, whose changes it tails from each scope's
// cursor. After a commit, a crash, a lost connection: always the same code. On every connect it passes the gate,
// tells the plugin what it must know, announces sync/status, and republishes the retained heads if the broker has lost
// them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bridge/cursors.h"
#include "bridge/door_teller.h"
#include "bridge/gate.h"
#include "bridge/metrics.h"
#include "bridge/outbox.h"
#include "bridge/patches.h"
#include "bridge/server_time.h"
#include "bridge/store/store.h"
#include "core/collection.h"
#include "mqtt/link.h"

namespace msync {

class Publisher {
 public:
  struct Parts {
    Link& link;
    Outbox& outbox;
    Cursors& cursors;
    Gate& gate;
    ServerTime& time;
    StoreReader& reader;
    StoreIdentity identity;
    std::string version;
    std::function<std::shared_ptr<const Collections>()> collections;
    std::function<void(bool ready)> on_ready;  // the gate was passed, or the connection is gone
    Metrics* metrics = nullptr;                // where nobody counts: none
  };

  explicit Publisher(Parts parts);

  /// The thread's body: until stop(), then until everything committed and queued is with the broker, at most
  /// `drain_ms`.
  void run(int drain_ms);

  void stop();

  /// Any thread: there is something to do.
  void wake();

  /// Any thread: what is committed from now on belongs to this boot, what was before has been told to the cursors. It is
  /// announced once all of that is with the broker.
  void boot_raised(std::uint64_t boot);

  /// Any thread: the store has another list of revocations.
  void revocations_changed();

  /// Any thread: the gate was passed on the connection that stands.
  bool ready() const { return ready_; }

  /// sync/status as of now. Any thread.
  Publish status(bool online) const;

  /// From the link's handlers.
  void connected();
  void disconnected();
  void status_seen(const std::string& payload);

 private:
  void wait_for_work();
  void arrive();
  void announce(bool online);
  void announce_raised_boot();
  void note_lost_heads();
  bool send_outbox();
  bool send_heads();
  bool send_documents(View& view, const ScopeRow& scope);
  bool send_tail();
  bool publish_delta(const Delta& delta, std::int64_t scope);
  bool publish_documents(const ScopeRow& scope, const Delta& delta);
  bool drained() const;

  struct RaisedBoot {
    std::uint64_t boot = 0;
    std::map<std::int64_t, std::uint64_t> heads_before;
  };

  Parts parts_;
  DoorTeller door_;
  Patches patches_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> arrived_ = false;  // connected, the gate not yet tried
  std::atomic<bool> ready_ = false;
  std::atomic<std::uint64_t> connection_ = 0;  // rises with each connect and disconnect
  StoreIdentity announced_;                    // guarded by mutex_, as the next two
  std::optional<RaisedBoot> raised_;
  std::optional<std::string> retained_status_;  // what this connection's broker had kept
  std::vector<Publish> unsent_;                 // popped from the outbox when the connection broke
  std::vector<ScopeRow> lost_heads_;
};

}  // namespace msync
