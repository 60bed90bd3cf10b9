// A connection to the sync server for a command: what arrives, decoded, one event at a time on the caller's thread.
//
// The link's thread only puts events on a bounded queue. When the queue is full the newest is dropped: the ends
// notice, as they would if the broker had dropped it. One thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/connection_arguments.h"
#include "cli/uploader.h"
#include "core/door_message.h"
#include "core/message.h"
#include "mqtt/link.h"

namespace msync {

struct Connected {};
struct Disconnected {
  std::string why;
  bool refused = false;  // by the broker: it does not accept who we are, or what we want to read
};
struct StatusSeen {
  ServerStatus status;
  ServerLimits limits;
};
/// Something that no server of this protocol would send.
struct Unreadable {
  std::string topic;
  std::string why;
};
using Revoked = std::vector<Revocation>;
using SyncEvent = std::variant<Connected, Disconnected, StatusSeen, Ack, Delta, Notice, Revoked, Unreadable>;

class SyncClient {
 public:
  /// Subscribes to the account's inbox, to sync/status and to `filters`.
  SyncClient(const ConnectionArguments& arguments, const Account& account, std::vector<std::string> filters);

  /// The next event; nothing if none comes within `timeout_ms`.
  std::optional<SyncEvent> next(int timeout_ms);

  /// Sends to T/in, T/pull or sync/door/revoke. False if there is no connection. A refusal comes as a notice.
  bool send(const std::string& topic, const std::string& payload);

  bool is_connected() const { return link_.is_connected(); }

  /// Why the last connection ended, or could not be made.
  const std::string& last_trouble() const { return last_trouble_; }

 private:
  static constexpr std::size_t queue_max = 4096;

  bool refused() const;
  void push(SyncEvent&& event);
  void receive(LinkMessage&& message);

  std::string inbox_;  // "sync/<client-id>/"
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<SyncEvent> queue_;
  std::string last_trouble_;
  Link link_;  // last: its threads use the above
};

/// What the payload of sync/status says of limits; the defaults where it says nothing.
ServerLimits limits_of(std::string_view status_payload);

/// SIGINT and SIGTERM set interrupted() from now on, instead of ending the process.
void catch_interrupts();
bool interrupted();

}  // namespace msync
