// The door: who comes in, what each may do, and the stamp on what they send.
//
// Everything the plugin decides, without the broker: plugin.cpp turns Mosquitto's callbacks into these calls
// and their answers back. The order of the broker's callbacks that this relies on is described in
// docs/access.md. Throws only when the environment is broken (no memory); then the caller denies. Not
// thread-safe: the broker has one thread, and all calls come from it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/door_counters.h"
#include "core/message.h"
#include "platform/key_file.h"
#include "platform/login_guard.h"
#include "plugin/acl.h"
#include "plugin/client_ids.h"
#include "plugin/hot_rights.h"
#include "plugin/members.h"
#include "plugin/revocations.h"
#include "plugin/rules.h"
#include "plugin/session.h"
#include "plugin/topics.h"

namespace msync {

/// What the door asks of the broker. Implementations must not call the door from publish(), tell() and log(); kick()
/// may cause disconnect() and, for a will, acl().
class Broker {
 public:
  enum class Level : std::uint8_t { info, warning, error };

  virtual ~Broker() = default;
  virtual void publish(const std::string& topic, const std::string& payload) = 0;  // QoS 1, not retained
  virtual void tell(const std::string& topic,
                    const std::string& payload) = 0;  // QoS 0: who is there hears it
  virtual void kick(const std::string& client_id, bool with_will) = 0;
  virtual void log(Level level, const std::string& line) = 0;
};

/// A client as the broker knows it.
struct Client {
  const void* handle = nullptr;
  std::string_view id;    // empty where the broker has none
  std::string_view user;  // likewise
  std::string_view
      address;       // empty: not a connection, but a session from disk or a retained message's author
  int protocol = 0;  // 3: MQTT 3.1, 4: 3.1.1, 5: 5
  bool clean_start = false;
};

enum class Access : std::uint8_t { read, write, subscribe, unsubscribe };

struct Request {
  Access access = Access::read;
  std::string_view topic;  // or filter
  std::size_t payload_bytes = 0;
  bool retain = false;
};

/// What a publish's user properties amount to.
struct UserProperties {
  std::size_t count = 0;
  bool forged = false;  // one of them is_stamp_name()
};

/// True for names that only the plugin may give.
bool is_stamp_name(std::string_view name);

class Door {
 public:
  enum class Entry : std::uint8_t {
    accept,
    refuse,
    defer,   // not ours: Mosquitto decides
    unwind,  // a renewal that failed: say "go on", the client is disconnected at the next tick
  };

  /// Name and value of the properties to append.
  using Stamps = std::array<std::pair<std::string_view, std::string>, 4>;

  /// `broker` must outlive the door.
  Door(const Options& options, std::unique_ptr<const Rules> rules, Broker& broker);

  /// A connection asks to be let in. After `accept` the broker must know it by the user in its client id.
  Entry connect(const Client& client, std::optional<std::string_view> password, std::int64_t now_ms);

  /// MQTT 5's AUTH: of a connection that asks to be let in, or of one that renews its token. The method is `JWT`, the
  /// data is the token; any other method is deferred. A renewal is never refused but unwound: what Mosquitto 2.0.11 does
  /// with a refusal is no MQTT.
  Entry authenticate(const Client& client, std::string_view method, std::string_view data,
                     std::int64_t now_ms);

  /// An AUTH that goes on with an exchange that we never begin: a client that breaks the protocol. Mosquitto 2.0.11
  /// takes an empty AUTH for one, and would free what it still uses if the answer were a refusal.
  void authenticate_further(const Client& client);

  /// A publish on token_topic that acl() has allowed: a new token for this connection. The answer is a notice.
  void renew(const Client& client, std::string_view token, std::int64_t now_ms);

  void disconnect(const Client& client);

  /// Called for every publish, will, subscription and delivery. A delivery costs no allocation once its
  /// reader's rights in the scope are known.
  Verdict acl(const Client& client, const Request& request, std::int64_t now_ms);

  /// A publish that acl() has allowed. `allowed` false: refuse it. With `stamps` they must be appended.
  struct Passage {
    bool allowed = false;
    std::optional<Stamps> stamps;
  };
  Passage message(const Client& client, std::string_view topic, std::string_view payload,
                  const UserProperties& properties, std::int64_t now_ms);

  /// At the end of each of the broker's rounds. Only here clients are disconnected. A JWKS file that has changed is
  /// read again; if it is bad the old keys stay. The bridge is told the counters when it is time. New keys count for who connects from then on, and for all at the next
  /// reload().
  void tick(std::int64_t now_ms);

  /// Reads the files again; if one is bad the old rules stay. The broker then asks connect() for every
  /// session it has, until the next tick().
  void reload();

 private:
  Entry enter(const Client& client, std::optional<std::string_view> password, std::int64_t now_ms);
  Entry admit(const Client& client, std::string_view token, std::int64_t now_ms);
  std::optional<Entry> reconsider(const Client& client, std::int64_t now_ms);
  Entry refuse(const Client& client, DoorCounters::Auth result, std::string_view why);
  bool unheard(const Client& client, std::int64_t now_ms);
  void note_failure(const Client& client, const Error& error, bool signed_by_us, std::int64_t now_ms);
  std::string unfit(const Client& client, const Result<Identity>& who, std::int64_t now_ms) const;
  void accept_token(Session& session, std::string_view token, std::int64_t now_ms);

  // Renewal, and what else takes rights away from a connection that stands.
  std::string take_new_token(Session& session, std::string_view token, std::int64_t now_ms);
  std::vector<std::string> readable_scopes(Session& session);
  void tell_lost(Session& session, const std::vector<std::string>& readable_before);

  // What the bridge tells.
  void told(const Address& address, std::string_view payload, std::int64_t now_ms);
  void told_revoked(std::string_view payload, std::int64_t now_ms);
  void told_members(std::string_view payload);

  Session* session_of(const Client& client, Access access);
  std::uint8_t rights(Session& session, const Topic& topic);
  /// The scope's number, told apart from what it was before.
  std::uint64_t scope_key(const Topic& topic) const {
    return std::uint64_t{topics_.generation()} << 32 | topic.scope;
  }
  std::optional<Verdict> remembered(const Client& client, std::string_view topic, std::int64_t now_ms);
  void remember(const Client& client, const Topic& topic, std::uint8_t rights);
  Verdict judge_write(Session& session, const Client& client, const Topic& topic, const Request& request,
                      std::int64_t now_ms);
  Verdict judge_filter(Session* session, const Request& request, std::int64_t now_ms);
  bool room_for_filter(Session& session, std::string_view filter, std::int64_t now_ms);
  bool within_quota(Session& session, const Request& request, std::int64_t now_ms);

  void settle_arrivals(std::int64_t now_ms);
  void read_changed_keys(std::int64_t now_ms);
  void expire(Session& session, std::int64_t now_ms);
  void leave(Session& session, DoorCounters::Kicked reason, std::string_view why, bool with_will = false);
  void tell_counters(std::int64_t now_ms);
  static Notice notice_of(Code code, std::string message, std::string_view topic = {});
  void notify(Session& session, const Notice& notice, std::int64_t now_ms);
  void send(Session& session, const Notice& notice);
  void denied(Session& session, DoorCounters::Denied reason, const char* why, std::string_view topic,
              std::int64_t now_ms);
  Verdict judge_read(Session& session, const Client& client, const Topic& topic);
  static bool ours(const Topic& topic);

  Options options_;
  std::unique_ptr<const Rules> rules_;
  TokenPolicy tokens_;  // of the rules; but the keys may be newer
  KeyFile key_file_;
  Broker& broker_;
  Topics topics_;
  Sessions sessions_;
  HotRights hot_rights_;
  LoginGuard guard_;
  ClientIds client_ids_;
  Members members_;
  Revocations revocations_;
  DoorCounters counters_;
  std::int64_t counters_told_ms_ = 0;
  std::int64_t keys_wanted_ms_ = 0;                  // when the bridge was asked for newer keys last
  std::vector<std::string> arriving_;                // client ids
  std::vector<std::pair<std::string, bool>> kicks_;  // client id, with will
  bool ticking_ = false;                             // a tick has come: the broker is set up as it must be
  bool reloading_ = false;                           // between reload() and the next tick()
};

}  // namespace msync
