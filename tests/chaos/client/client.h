// A client of the chaos suite: docs/protocol.md, "What a client does", written from that page alone.
//
// Its waits are shorter than the protocol's, so that four minutes show what otherwise takes an hour. Everything that it
// sends and gets goes to its history first, everything that it must not forget to its journal. It ends only when it is
// killed. One thread, and the link's, which only fills the inbox.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mqtt/link.h"
#include "tests/chaos/client/journal.h"
#include "tests/chaos/client/writer.h"

namespace msync::chaos {

constexpr const char* renewal_topic = "$CONTROL/sync/v1/token";

struct ClientOptions {
  std::string broker;     // mqtt://host:port
  std::string client_id;  // <user>:<device>
  std::string token_file;
  std::string folder;                // journal and history: NAME.journal, NAME.jsonl
  std::string phase_file;            // "run", or "quiet NUMBER": no more writes, say when settled
  std::vector<std::string> scopes;   // what it holds
  std::vector<std::string> filters;  // how it asks for their logs
  std::uint64_t seed = 1;
  std::int64_t clock_ms = 0;  // how far its clock is off
  bool corrects_clock = true;
  bool cbor = false;
  bool read_only = false;
  int pause_ms = 600;  // between two writes, on average
};

/// A file's bytes; none where there is no file.
std::string whole(const std::string& path);

class Client {
 public:
  explicit Client(ClientOptions options);
  [[noreturn]] void run();

 private:
  struct
      Arrived {  // or, without a topic, what became of the connection: a token's claims, or nothing: connected
    std::string topic, payload;
    std::int64_t mono = 0;
  };
  struct ScopeWork {  // not stored: a new process begins anew
    std::string rid, pull_src;
    std::int64_t pull_sent = 0, pull_after = 0;
    int pull_failures = 0;
    bool pulled = false;     // once since this process began: before that nothing is numbered
    bool head_told = false;  // on this connection
    std::size_t sent = 0;    // of the outbox, on this connection
    std::int64_t in_sent = 0;
    int in_failures = 0;
    std::int64_t next_write = 0;
    std::uint64_t seen = 0;
    bool dirty = false;
  };

  // ---- client.cpp: time
  void on_connected();
  void tick(const std::string& scope);
  bool wants_pull(const std::string& scope) const;
  void pull(const std::string& scope);
  void send_outbox(const std::string& scope);
  void send_in(const std::string& scope, std::size_t first, std::size_t count);
  void write_something(const std::string& scope);
  void say_seen(const std::string& scope);
  void look_at_phase();
  void say_settled();
  void publish(const std::string& topic, const Json& message, int qos = 1);
  void store(const std::string& scope);
  std::int64_t clock() const;

  // ---- client_token.cpp
  std::string filled_token();
  void on_token(const Arrived& mark);
  void look_at_token();
  /// The token with which it connected last grants this scope.
  bool may(const std::string& scope) const;

  // ---- client_receive.cpp: what arrives
  void handle(const Arrived& message);
  void on_delta(const std::string& scope, const Json& delta);
  void on_ack(const std::string& scope, const Json& ack);
  void on_notice(const Json& notice);
  void on_refused_token(const Json& notice);
  void on_status(const Json& status);

  ClientOptions options_;
  std::string name_, user_;
  History history_;
  Journal journal_;
  Writer writer_;
  std::map<std::string, Replica> replicas_;
  std::map<std::string, ScopeWork> work_;
  Json status_ = Json::object();
  std::int64_t correction_ = 0;
  std::int64_t connected_at_ = 0, renew_at_ = 0;
  std::uint64_t rids_ = 0;
  std::uint64_t quiet_ = 0;  // which rest; 0: it writes
  std::string settled_as_;
  std::int64_t phase_read_ = 0;
  Json rooms_;  // that its token grants; null: not known yet
  std::int64_t token_again_ = 0;
  std::int64_t limited_at_ = 0;  // when it last was without one of its scopes

  std::mutex mutex_;  // of what the link's thread touches
  std::condition_variable arrived_;
  std::deque<Arrived> inbox_;
  std::string token_;  // with which it connects, or has renewed

  std::unique_ptr<Link> link_;  // last: its thread uses the above
};

}  // namespace msync::chaos
