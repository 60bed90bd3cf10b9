// All scopes of one user on one device: routes what arrives, and gathers what is to be stored, published and told.
//
// Pure: no I/O, no clock, no threads. After each call the shell takes take(): it commits the rows in one local transaction,
// then publishes and tells, then acknowledges to the broker. A failed commit means: make a new Client from what is stored.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "client/cpp/core/inbound.h"
#include "client/cpp/core/scope.h"

namespace msync::client {

struct Outgoing {
  std::string topic;
  std::string payload;
  int qos = 1;
};

struct Effects {
  std::vector<std::pair<std::string, ChangedRows>> rows;  // by scope
  std::vector<std::pair<std::string, std::unordered_set<std::string>>>
      changed;  // ids whose view may have changed
  std::vector<Outgoing> outgoing;
  std::vector<Event> events;
};

class Client {
 public:
  struct Options {
    std::string user;
    std::string client_id;
    std::function<double()> random;        // in [0, 1)
    std::function<std::string()> new_src;  // 16 to 36 of [0-9a-zA-Z-]
    Manner manner = {};
  };
  using Scopes = std::map<std::string, std::unique_ptr<Scope>, std::less<>>;

  explicit Client(Options options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// A scope is held from now on. An error: what is stored of it is damaged, and it is not held.
  std::optional<Error> open(const std::string& name, StoredRows rows, bool reads, std::int64_t now);

  void connected(std::int64_t now);
  void disconnected();
  void subscribed(std::int64_t now);
  void tick(std::int64_t now);
  /// The grants may be others: a new token was accepted.
  void granted(std::int64_t now);

  /// The scope must be held. `wall_now`: the server's time as far as it is known.
  void write(const std::string& scope, const std::string& key, std::vector<WriteOp> ops, bool group,
             std::int64_t wall_now, std::int64_t now);
  void receive(std::string_view topic, std::string_view payload, std::int64_t now);

  Effects take();

  Scope* find(std::string_view scope);
  const Scopes& scopes() const { return scopes_; }
  const ServerLimits& limits() const { return shared_.limits; }
  /// What the last status said, on this connection.
  const std::optional<Announcement>& status() const { return status_; }
  /// The server announced a version of the protocol that this library does not speak.
  bool unsupported() const { return unsupported_; }

 private:
  std::optional<std::string> route(const Inbound& to, std::string_view payload, std::int64_t now);
  std::optional<std::string> take_ack(Scope& scope, std::string_view payload, std::int64_t now);
  std::optional<std::string> take_delta(Scope& scope, bool live, std::string_view payload, std::int64_t now);
  void on_status(const Announcement& said, std::int64_t now);
  void on_notice(const Notice& notice, std::int64_t now);
  void refused(Scope& scope, const Notice& notice, std::int64_t now);
  void announce(Scope& scope);
  void fail(std::string scope, Fault fault);

  Options options_;
  Shared shared_;
  Scopes scopes_;
  std::optional<Announcement> status_;
  bool unsupported_ = false;
  bool connected_ = false;
  std::vector<Outgoing> outgoing_;
  std::vector<Event> events_;
};

}  // namespace msync::client
