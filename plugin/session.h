// The sessions of clients that brought a token, connected or not.
//
// The broker names a client by an opaque pointer, and uses a pointer again for another client once the first
// is gone: so a session is found by its pointer and believed only if client id and user are its own, too. A
// reconnecting client has two pointers for a moment: authentication of the new connection comes before the
// end of the old one. A disconnected session stays, because its will and its queue are judged by its token,
// until another connection takes the id over, or its user or all users have too many of them: then the oldest go. Not
// thread-safe: the broker has one thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access.h"
#include "core/bucket.h"
#include "core/limits.h"
#include "plugin/client_table.h"
#include "plugin/memo.h"

namespace msync {

struct Session;

/// What one user may send.
struct Rates {
  std::uint32_t messages_per_s = limits::max_messages_per_s;  // a second's worth at once
  std::uint32_t bytes_per_s = limits::max_bytes_per_s;
  std::uint64_t bytes_at_once = std::uint64_t{2} * limits::max_bytes_per_s;
};

/// What all sessions of one user share.
struct User {
  explicit User(const Rates& rates)
      : messages(rates.messages_per_s, rates.messages_per_s), bytes(rates.bytes_per_s, rates.bytes_at_once) {}

  std::uint32_t online = 0;
  std::set<Session*> sessions;  // connected or not
  std::list<Session*> offline;  // longest disconnected first
  Bucket messages;
  Bucket bytes;
  std::int64_t over_since_ms = 0;  // when it first was over its quota, and has been since
  std::int64_t over_last_ms = 0;
};

struct Session {
  // What a delivery looks at stands first, together.
  std::string id;
  std::int64_t ends_ms = 0;  // past it nothing is allowed; 0: the token no longer holds. See set_end()
  bool online = true;
  bool warned = false;    // the notice `token` was sent
  bool leaving = false;   // will be disconnected at the next tick
  bool arriving = false;  // until the first tick or subscription: what is judged now was queued before
  bool purged = false;    // the broker drops some of that
  RightsMemo rights;

  const void* client = nullptr;
  Identity who;
  std::string token;                           // the last accepted, for SIGHUP
  std::string address;                         // it came from
  std::int64_t cleaned_ms = 0;                 // when it was last disconnected for being purged
  std::set<std::string, std::less<>> filters;  // it is subscribed to, as far as this process has seen
  std::int64_t wakes_ms = 0;                   // the next time Sessions::due() names it
  User* user = nullptr;
  Bucket notices{limits::notices_per_s, limits::notices_at_once};
  std::list<Session*>::iterator offline_at = {};          // in Sessions
  std::list<Session*>::iterator offline_of_user_at = {};  // in User

  bool stands(std::int64_t now_ms) const { return now_ms < ends_ms; }
};

class Sessions {
 public:
  /// How many disconnected sessions are remembered: of one user, so that nobody can fill the table with large
  /// tokens, and of all.
  struct Bounds {
    std::size_t offline_per_user = limits::max_connections_per_user;
    std::size_t offline = limits::offline_sessions;
  };

  Sessions(const Rates& rates, Bounds bounds) : rates_(rates), bounds_(bounds) {}

  /// The session of this client, or nullptr if it has none.
  Session* find(const void* client, std::string_view id, std::string_view user);

  /// What a delivery needs of this client's session; nullptr if it has none. Good until the next open() or close().
  ClientTable<Session>::Slot* slot(const void* client) { return by_client_.slot(client); }

  /// Sets when the session's token ends.
  void set_end(Session& session, std::int64_t ends_ms);

  /// Rights that are remembered of the session no longer hold.
  void forget_rights(Session& session);

  /// The newest session of this client id, connected or not.
  Session* find(std::string_view id);

  /// How many connections `user` has, the one that a connection as `id` would take over not counted.
  std::uint32_t online_beside(std::string_view user, std::string_view id);

  /// All sessions of a user.
  std::vector<Session*> of_user(std::string_view user) const;

  /// Every session, in no order; `each` must not open or close one.
  template <class Each>
  void each(Each each) {
    for (const auto& [session, owned] : all_) each(*owned);
  }

  /// A new connection. Whatever was known of the pointer is forgotten. With `resumes` it takes over the subscriptions
  /// of the session that has had its id.
  Session& open(const void* client, std::string id, Identity who, bool resumes = false);

  /// The connection ended: the session is remembered, unless another connection has its id by now.
  void close(const void* client, std::string_view id);

  /// The pointer belongs to somebody else now.
  void forget(const void* client);

  /// Sets when due() names the session next.
  void wake(Session& session, std::int64_t at_ms);

  /// A session whose wake-up time has come, once; nullptr when there is none.
  Session* due(std::int64_t now_ms);

  std::size_t size() const { return by_client_.size(); }

  /// Those that are connected.
  std::size_t online() const { return all_.size() - offline_.size(); }

 private:
  void erase(Session& session);
  void set_offline(Session& session);

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  Rates rates_;
  Bounds bounds_;
  ClientTable<Session> by_client_;
  std::unordered_map<const Session*, std::unique_ptr<Session>> all_;
  ByName<Session*> by_id_;
  ByName<std::unique_ptr<User>> users_;
  std::list<Session*> offline_;  // longest disconnected first
  std::set<std::pair<std::int64_t, Session*>> wakes_;
};

}  // namespace msync
