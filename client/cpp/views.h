// What readers see: the documents of open scopes, statuses, problems, outcomes and peers, as of the last local transaction.
// The library's thread writes it, any thread reads it. What it hands out never changes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/cpp/core/server.h"
#include "client/cpp/core/view.h"

namespace msync::client {

struct Document {
  std::string id;
  Seen seen;
};
using DocumentPtr = std::shared_ptr<const Document>;

enum class State : std::uint8_t { offline, connecting, syncing, idle, error };

struct ClientStatus {
  State state = State::offline;
  std::uint64_t pending = 0;  // writes that the server has not acknowledged yet, of all open scopes
  Fault last_error;           // whether it still holds or not; empty: none
};

/// How far a scope is: `loading` until it has once been whole.
struct Progress {
  enum class State : std::uint8_t { loading, ready, denied };
  State state = State::loading;
  std::uint64_t seq = 0;   // the newest change that is here
  std::uint64_t head = 0;  // the newest that the server has told of

  bool operator==(const Progress&) const = default;
};

struct Peer {
  std::string client;  // <user>:<device>
  std::string state;   // JSON
  std::int64_t heard_at = 0;
};

class Views {
 public:
  // ---- The library's thread

  void open(const std::string& scope);
  void put(const std::string& scope, const std::string& id, std::optional<Seen> seen);
  /// True if it is another.
  bool put(const std::string& scope, const Progress& progress);
  bool put(const ClientStatus& status);
  void put(const ServerLimits& limits);
  void put(Problem problem);
  void drop_problem(const std::string& key);
  void put(const std::string& key, const Outcome& outcome);
  /// True if it changed something. An empty state: the peer is gone.
  bool hear(const std::string& scope, const std::string& client, const std::string& state, std::int64_t now);
  /// The scopes in which somebody has not been heard for too long, and is gone now.
  std::vector<std::string> expire_peers(std::int64_t now);
  void forget_peers(const std::string& scope);
  /// The database is gone; whoever waits is told so.
  void clear();
  void wake();

  // ---- Any thread

  bool is_open(const std::string& scope) const;
  DocumentPtr find(const std::string& scope, const std::string& id) const;
  /// By id.
  std::vector<DocumentPtr> all(const std::string& scope) const;
  Progress progress(const std::string& scope) const;
  ClientStatus status() const;
  ServerLimits limits() const;
  std::vector<Problem> problems() const;
  std::optional<Problem> problem(const std::string& key) const;
  std::vector<Peer> peers(const std::string& scope) const;
  /// Waits for an outcome; nothing after so long, or when wake() was called for good. Outcomes are those of this process,
  /// the last bounds::outcomes of them.
  std::optional<Outcome> outcome(const std::string& key, std::chrono::milliseconds wait) const;

 private:
  struct Held {
    std::map<std::string, DocumentPtr> documents;
    Progress progress;
  };

  mutable std::mutex mutex_;
  mutable std::condition_variable settled_;
  std::map<std::string, Held> scopes_;
  std::map<std::string, std::map<std::string, Peer>> peers_;
  std::map<std::string, Problem> problems_;
  std::unordered_map<std::string, Outcome> outcomes_;
  std::deque<std::string> outcome_order_;
  ClientStatus status_;
  ServerLimits limits_;
  bool ended_ = false;
};

}  // namespace msync::client
