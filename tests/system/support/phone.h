// A client of the tests: one replica of one user over MQTT 5, by the protocol's rules (docs/protocol.md, "The
// client"), and as suspicious as a checker: every message it sends or gets is held against schemas/protocol,
// every delta against what it holds.
//
// It acts only when the test waits: incoming messages collect on a queue, and pump() handles them, asks for
// what is missing and sends again what was not acknowledged. The World pumps all its phones while a test
// waits. One thread, the test's.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.h"
#include "mqtt/link.h"
#include "tests/system/support/replica.h"

namespace msync::test {

struct PhoneOptions {
  std::string broker = {};     // its address
  std::string client_id = {};  // <user>:<device>
  std::string token = {};
  std::vector<std::string> scopes = {"chat/42/messages"};  // the first is where it writes
  bool clean_start = false;
  std::vector<std::string> accept = {};  // of its pulls
  std::size_t limit = 0;                 // of its pulls; 0: none named
  bool cbor = false;                     // its own messages
  bool reads = true;                     // false: subscribes to its inbox only, never pulls
};

/// One message as it arrived.
struct Received {
  std::string topic;
  std::string payload;
  bool retained = false;
};

class Phone {
 public:
  explicit Phone(PhoneOptions options);
  ~Phone();

  // ---- its connection
  void goes_online();   // returns at once; settles() waits
  void goes_offline();  // a clean disconnect; the broker keeps the session
  bool connected() const;
  bool wants_to_be_online() const { return link_ != nullptr; }
  int disconnections() const;  // that it did not ask for
  std::string last_disconnection() const;

  // ---- its writes, in the first scope; each returns its number n. Online or not.
  std::uint64_t writes(const std::string& id, const Json& data);  // base: what it holds
  std::uint64_t patches(const std::string& id, const Json& patch);
  std::uint64_t deletes(const std::string& id);
  std::uint64_t mutates(Mutation mutation);
  std::uint64_t mutates_all(std::vector<Mutation> mutations);  // in one message; the first number

  /// As these bytes, not numbered, not checked, not repeated: what a broken or hostile client sends.
  Published sends(const std::string& topic, const std::string& payload, bool retained = false,
                  std::vector<std::pair<std::string, std::string>> properties = {});
  void pulls(const std::string& scope);

  // ---- what came of it
  bool acknowledged(std::uint64_t n) const;  // in the first scope
  const MutationResult* result(std::uint64_t n) const;
  std::size_t unacknowledged() const { return outbox_.size(); }
  const std::vector<Ack>& acks() const { return acks_; }
  const std::vector<Notice>& notices() const { return notices_; }
  const std::vector<Delta>& pages() const { return pages_; }
  const std::vector<Received>& received() const { return received_; }
  const ServerStatus& status() const { return status_; }

  /// What it waits for, for a person.
  std::string state() const;

  /// At the head of every scope, nothing unacknowledged, no pull under way.
  bool settled() const;

  Replica& replica(const std::string& scope = {});
  Json holds(const std::string& id);  // its data; null where it has none
  std::uint64_t version(const std::string& id);

  const std::string& id() const { return options_.client_id; }
  const std::string& src() const { return src_; }
  const std::string& scope() const { return options_.scopes.front(); }
  PhoneOptions& options() { return options_; }
  /// From now on another epoch is no fault: the phone follows it by the protocol's rules, "What a client does", 6.
  void expects_a_restore() { restore_expected_ = true; }
  /// What was acknowledged as stored and is not in the restored history: numbers of the former src.
  const std::vector<std::uint64_t>& lost() const { return lost_; }

  /// Set before a test repeats, skips or forges numbers by hand.
  void forgets_its_outbox() { outbox_.clear(); }

  /// Handles what has arrived and sends what is due.
  void pump();

 private:
  struct Pending {
    std::uint64_t n = 0;
    Mutation mutation;
  };
  struct PullState {
    std::string rid;  // empty: none under way
    std::int64_t sent_ms = 0;
    std::int64_t not_before_ms = 0;
    int failures = 0;
  };

  std::vector<std::string> filters() const;
  void open_link();
  std::deque<Received> take_inbox();
  void handle(const Received& message);
  void on_ack(const Ack& ack);
  void on_delta(const Delta& delta);
  void on_status(const ServerStatus& status);
  void ask_for_missing();
  void move_to_new_epoch(std::uint64_t n);
  void send_pull(const std::string& scope);
  void send_outbox();
  void send_in(std::vector<Pending>::const_iterator first, std::vector<Pending>::const_iterator last);
  bool has_what_it_was_told_of(const std::string& scope, const Replica& replica) const;
  bool publish(const std::string& topic, std::string payload);
  std::string as_payload(const std::string& json) const;

  PhoneOptions options_;
  std::string src_;
  std::uint64_t next_n_ = 1;
  std::vector<Pending> outbox_;
  std::size_t sent_ = 0;  // of the outbox, on this connection
  std::int64_t outbox_sent_ms_ = 0;
  std::map<std::string, Replica> replicas_;
  std::map<std::string, PullState> pulls_;
  std::map<std::uint64_t, MutationResult> results_;
  std::uint64_t acknowledged_ = 0;
  std::int64_t acked_ms_ = 0;
  std::uint64_t acked_head_ = 0;  // of the first scope, as the acks tell it
  std::vector<Ack> acks_;
  std::vector<Notice> notices_;
  std::vector<Delta> pages_;
  std::vector<Received> received_;
  ServerStatus status_;
  std::uint64_t rids_ = 0;
  bool restore_expected_ = false;
  bool moving_ = false;  // between the news of an epoch and the whole of its first scope: nothing is sent
  std::vector<std::uint64_t> lost_;

  mutable std::mutex mutex_;  // of what the link's thread touches
  std::deque<Received> inbox_;
  bool connected_ = false;
  bool fresh_connection_ = false;
  int disconnections_ = 0;
  std::string last_disconnection_;

  std::unique_ptr<Link> link_;  // last: its thread uses the above
};

/// Operations in short.
Operation put(const std::string& id, Json data, std::optional<std::uint64_t> base = {});
Operation patch(const std::string& id, Json patch, std::optional<std::uint64_t> base = {});
Operation remove(const std::string& id, std::optional<std::uint64_t> base = {});
Mutation alone(Operation operation);
Mutation together(std::vector<Operation> operations);  // an atomic group

}  // namespace msync::test
