// What the histories say happened: the server's log as anybody ever saw it, and every write with what became of it.
//
// Fed line by line, each file in its own order. What contradicts itself at once (two answers, two changes with one seq) is
// a violation here; what must hold at rest is the Checker's. Written from docs/protocol.md alone. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/chaos/history.h"

namespace msync::chaos {

struct Violation {
  int invariant = 0;  // of docs/protocol.md, "What always holds"
  std::string what;
  std::string scope = {};
  std::string id = {};  // the entity concerned, where there is one
};

/// One change of a scope, from deltas and acks together.
struct Change {
  std::string id;
  std::uint64_t version = 0;
  std::string user, src;  // empty: not known yet
  std::uint64_t n = 0;
  bool content_known = false;  // a delta told it, not only an ack
  bool deleted = false;
  std::int64_t ts = 0;
  Json data;  // null where only a patch was seen
};

using Log = std::map<std::uint64_t, Change>;  // by seq

/// A mutation that a client's user asked for.
struct Write {
  std::string client, user, scope, uid;
  Json operations;  // always an array
  bool sent = false;
  bool covered = false;            // its client took it out of the outbox
  std::string covered_epoch = {};  // and in which epoch
  bool lost = false;               // its client reported that a restore lost it
  std::vector<std::pair<std::string, std::uint64_t>> numbers =
      {};  // (src, n), one for each epoch it was sent in
};

struct Outcome {
  std::string status;
  Json changes;
};

/// What one client says that it holds at rest.
struct Rest {
  std::uint64_t quiet = 0;
  bool reader = false;
  Json scopes;  // {SCOPE: {epoch, seq, digest, outbox, documents}}
};

struct Restore {
  std::string from;                            // the epoch that the backup is of
  std::map<std::string, std::uint64_t> heads;  // of the backup
};

/// A connection that was granted.
struct Admitted {
  std::string client, user;
  std::int64_t taken = 0;  // when its token was taken from its file
  std::int64_t iat_s = 0;
};

/// What a client got last of what the bridge had sent with this token.
struct Served {
  std::string client, user;
  std::int64_t iat_s = 0, now_ms = 0;
};

/// From `mono` and `wall_ms` on, no token of the user that was issued up to `at_s` counts.
struct Revoked {
  std::string user;
  std::int64_t at_s = 0, mono = 0, wall_ms = 0;
};

class Facts {
 public:
  /// `file`: whose history it is.
  void feed(const std::string& file, const Json& line);

  const std::vector<Violation>& violations() const { return violations_; }
  const std::map<std::string, Write>& writes() const { return writes_; }
  const std::map<std::string, Rest>& rests() const { return rests_; }
  const std::map<std::string, Restore>& restores() const { return restores_; }
  const std::set<std::string>& epochs() const { return epochs_; }
  const std::map<std::string, std::set<std::string>>& grants() const { return grants_; }

  const std::vector<Admitted>& admitted() const { return admitted_; }
  const std::vector<Served>& served() const { return served_; }
  /// True once the server's clocks were wrong: its `now` may be ahead ever since.
  bool clocks_jumped() const { return clocks_jumped_; }
  /// Tokens that the nemesis had given, and the door refused on a connection.
  const std::vector<std::string>& refused_tokens() const { return refused_tokens_; }
  const std::vector<Revoked>& revoked() const { return revoked_; }

  /// The write that this change came from; null: nobody is known to have sent it.
  const Write* write_of(const std::string& scope, const std::string& user, const std::string& src,
                        std::uint64_t n) const;
  const Outcome* outcome(const std::string& scope, const std::string& src, std::uint64_t n) const;
  /// The log of a scope in an epoch, with what the epoch inherited from the one that its backup is of.
  Log log(const std::string& epoch, const std::string& scope, std::vector<Violation>& violations) const;
  /// The digest that the server named for this head; empty: none was seen.
  std::string digest(const std::string& epoch, const std::string& scope, std::uint64_t seq) const;

  std::uint64_t messages() const { return messages_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  const std::map<std::string, std::uint64_t>& statuses() const { return statuses_; }

 private:
  struct Client {
    std::string name, user;
    std::set<std::string> scopes;
    std::map<std::string, Json> pulls;  // by rid
    std::set<std::string> rooms;        // that its token grants
    bool knows_token = false;
    std::int64_t iat_s = 0, taken = 0;
    std::size_t served = 0;  // in served_, + 1
  };

  void received(Client& client, const Json& line);
  bool token(Client& client, const std::string& event, const Json& line);
  void serve(Client& client, const Json& message);
  void delta(Client& client, const std::string& scope, const Json& message);
  void page_number(Client& client, const std::string& scope, const Json& page);
  void ack(const Client& client, const std::string& scope, const Json& message);
  void result(const Client& client, const std::string& scope, const Json& message, const Json& result);
  void change(const std::string& epoch, const std::string& scope, std::uint64_t seq, Change change);
  void sent(const Client& client, const Json& line);
  void covered(const Json& line);
  void named_digest(const std::string& epoch, const std::string& scope, std::uint64_t seq,
                    const std::string& digest);
  void nemesis(const Json& line);
  void complain(int invariant, std::string what, std::string scope = {}, std::string id = {});

  std::map<std::string, Client> clients_;                   // by file
  std::map<std::string, Write> writes_;                     // by uid
  std::map<std::string, std::string> uids_;                 // by scope, user, src, n
  std::map<std::string, Outcome> outcomes_;                 // by scope, src, n
  std::map<std::string, std::map<std::string, Log>> logs_;  // by epoch and scope
  std::map<std::string, std::string> digests_;              // by epoch, scope, seq
  std::map<std::string, Rest> rests_;                       // by client
  std::map<std::string, Restore> restores_;                 // by the new epoch
  std::map<std::string, std::set<std::string>> grants_;
  std::set<std::string> epochs_;
  std::vector<Admitted> admitted_;
  std::vector<Served> served_;
  std::vector<Revoked> revoked_;
  bool clocks_jumped_ = false;
  std::vector<std::string> refused_tokens_;
  std::map<std::string, std::uint64_t> statuses_;
  std::uint64_t messages_ = 0, acknowledged_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace msync::chaos
