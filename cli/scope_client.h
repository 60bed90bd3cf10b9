// One scope for a command: the client library's core (client/cpp/core) keeps the protocol's rules, on the command's
// connection. Nothing is stored: it begins anew each time. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/sync_client.h"
#include "client/cpp/core/client.h"

namespace msync {

class ScopeClient {
 public:
  /// `watches`: changes are heard as they happen, not only pulled, and take() tells of each.
  ScopeClient(const ConnectionArguments& arguments, const Account& account, std::string scope, bool watches);

  /// The next event of the connection, when the library has dealt with it; nothing if none comes within `timeout_ms`.
  std::optional<SyncEvent> next(int timeout_ms);

  /// Sends what the library has to send, and returns what it has to tell.
  std::vector<client::Event> take();

  /// Who turned out to have no right to read can write all the same: as if there were nothing.
  void reopen_for_writing();

  client::Scope& scope() { return *core_.find(name_); }
  const client::Scope& scope() const { return *core_.scopes().find(name_)->second; }
  const SyncClient& connection() const { return connection_; }

 private:
  void hear(const SyncEvent& event, std::int64_t now_ms);

  std::string name_;
  client::Client core_;
  std::int64_t tick_at_ms_ = 0;
  SyncClient connection_;
};

}  // namespace msync
