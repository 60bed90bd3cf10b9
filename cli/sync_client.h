// A connection to the sync server for a command: what arrives, one event at a time on the caller's thread.
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
#include "core/message.h"
#include "mqtt/link.h"

namespace msync {

struct Connected {};
struct Disconnected {
  std::string why;
  bool refused = false;  // by the broker: it does not accept who we are, or what we want to read
};
using SyncEvent = std::variant<Connected, Disconnected, LinkMessage>;

class SyncClient {
 public:
  /// Subscribes to the account's inbox, to sync/status and to `filters`.
  SyncClient(const ConnectionArguments& arguments, const Account& account, std::vector<std::string> filters);

  /// The next event; nothing if none comes within `timeout_ms`. A connection's messages come after its Connected.
  std::optional<SyncEvent> next(int timeout_ms);

  /// JSON. False if there is no connection. A refusal comes as a notice.
  bool send(const std::string& topic, const std::string& payload, int qos = 1);

  /// What a message says, if it is one of these and can be read.
  std::optional<Notice> notice_in(const LinkMessage& message) const;
  static std::optional<ServerStatus> status_in(const LinkMessage& message);

  bool is_connected() const { return link_.is_connected(); }

  /// Why the last connection ended, or could not be made.
  const std::string& last_trouble() const { return last_trouble_; }

 private:
  static constexpr std::size_t queue_max = 4096;

  bool refused() const;
  void connected();
  void disconnected(const std::string& why);
  void receive(LinkMessage&& message);

  std::string inbox_;  // "sync/<client-id>/"
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<SyncEvent> queue_;
  std::vector<LinkMessage> early_;  // before the link has said that it is connected
  bool connected_ = false;
  std::string last_trouble_;
  Link link_;  // last: its threads use the above
};

/// SIGINT and SIGTERM set interrupted() from now on, instead of ending the process.
void catch_interrupts();
bool interrupted();

}  // namespace msync
