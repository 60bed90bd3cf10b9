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

#include "core/message.h"
#include "plugin/acl.h"
#include "plugin/key_file.h"
#include "plugin/rules.h"
#include "plugin/session.h"
#include "plugin/topics.h"

namespace msync {

/// What the door asks of the broker. Implementations must not call the door from publish() and log(); kick()
/// may cause disconnect() and, for a will, acl().
class Broker {
 public:
  enum class Level : std::uint8_t { info, warning, error };

  virtual ~Broker() = default;
  virtual void publish(const std::string& topic, const std::string& payload) = 0;  // QoS 1, not retained
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
  enum class Entry : std::uint8_t { accept, refuse, defer };

  /// Name and value of the properties to append.
  using Stamps = std::array<std::pair<std::string_view, std::string>, 4>;

  /// `broker` must outlive the door.
  Door(const Options& options, std::unique_ptr<const Rules> rules, Broker& broker);

  /// A connection asks to be let in. After `accept` the broker must know it by the user in its client id.
  Entry connect(const Client& client, std::optional<std::string_view> password, std::int64_t now_ms);

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
  /// read again; if it is bad the old keys stay. New keys count for who connects from then on, and for all at the next
  /// reload().
  void tick(std::int64_t now_ms);

  /// Reads the files again; if one is bad the old rules stay. The broker then asks connect() for every
  /// session it has, until the next tick().
  void reload();

 private:
  Entry admit(const Client& client, std::string_view token, std::int64_t now_ms);
  Entry admit_stranger(const Client& client);
  std::optional<Entry> reconsider(const Client& client, std::int64_t now_ms);
  Entry refuse(const Client& client, std::string_view why);
  std::string unfit(const Client& client, const Result<Identity>& who) const;
  void accept_token(Session& session, std::string_view token, std::int64_t now_ms);

  Session* session_of(const Client& client, Access access);
  std::uint8_t rights(Session& session, const Topic& topic);
  Verdict judge_write(Session& session, const Client& client, const Topic& topic, const Request& request,
                      std::int64_t now_ms);
  Verdict judge_filter(Session* session, const Request& request, std::int64_t now_ms);
  bool within_quota(Session& session, std::string_view topic, std::int64_t now_ms);

  void read_changed_keys(std::int64_t now_ms);
  void expire(Session& session, std::int64_t now_ms);
  void leave(Session& session, bool with_will, std::string_view why);
  static Notice notice_of(Code code, std::string message, std::string_view topic = {});
  void notify(Session& session, const Notice& notice, std::int64_t now_ms);
  void denied(Session& session, const char* why, std::string_view topic, std::int64_t now_ms);
  static bool ours(const Topic& topic);

  Options options_;
  std::unique_ptr<const Rules> rules_;
  TokenPolicy tokens_;  // of the rules; but the keys may be newer
  KeyFile key_file_;
  Broker& broker_;
  Topics topics_;
  Sessions sessions_;
  std::vector<std::pair<std::string, bool>> kicks_;  // client id, with will
  bool ticking_ = false;                             // a tick has come: the broker is set up as it must be
  bool reloading_ = false;                           // between reload() and the next tick()
};

}  // namespace msync
