// One scope of one client's local database, by the rules of docs/protocol.md, written from that page alone.
//
// Pure: messages in, state out; the caller stores to_json() after each call that changed something, and before it acts on
// it. What contradicts the protocol is kept in faults() for the history. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/chaos/history.h"

namespace msync::chaos {

struct Document {
  std::uint64_t version = 0;
  std::uint64_t seq = 0;
  std::int64_t ts = 0;
  std::string by;
  Json data;
};

/// A write that the user made and the server has not confirmed.
struct Pending {
  std::string uid;      // the write's name in the histories
  std::uint64_t n = 0;  // 0: not sent yet
  Json mutation;        // an operation, or an array of them
};

class Replica {
 public:
  Replica(std::string scope, std::string user, std::string src);
  void load(const Json& stored);
  Json to_json() const;

  // ---- what arrives. True where something changed that must be stored.
  /// `rid`: of the pull under way, or empty.
  bool take_delta(const Json& delta, const std::string& rid);
  bool take_ack(const Json& ack);

  // ---- what is written
  void write(const std::string& uid, Json mutation);
  /// Numbers what has none yet, so that at most `unacked` are under way. True if it numbered any.
  bool number(std::size_t unacked);

  // ---- what it knows
  const std::string& epoch() const { return epoch_; }
  const std::string& src() const { return src_; }
  std::uint64_t seq() const { return seq_; }
  std::uint64_t snap() const { return snap_; }
  std::uint64_t acked() const { return acked_; }
  std::uint64_t told_head() const { return told_; }
  bool moving() const { return moving_; }
  bool marking() const { return marking_; }
  bool wants_snapshot() const { return want_snapshot_; }
  /// Everything that it has been told of is here.
  bool whole() const {
    return !epoch_.empty() && !marking_ && !gap_ && !want_snapshot_ && !moving_ && seq_ >= told_;
  }
  const std::deque<Pending>& outbox() const { return outbox_; }
  const std::map<std::string, Document>& documents() const { return documents_; }
  std::uint64_t tombstone(const std::string& id) const;  // its version; 0: none known
  std::string digest() const;
  Json documents_json() const;

  /// What happened since the last call, for the history: {"ev":…, …} each.
  std::vector<Json> take_events();

 private:
  bool takes_part(const Json& delta, const std::string& rid) const;
  void begin_snapshot(const Json& delta);
  bool apply_changes(const Json& delta);
  bool apply(const Json& change);
  void reached(const Json& delta);
  void compare_digest(const Json& delta);
  void told_of_mine(std::uint64_t n, bool from_page);
  void finish_move(std::uint64_t server_n);
  void rebase(Json& operation) const;
  void cover(std::uint64_t n, const char* why);
  void note(const char* event, Json line);
  void start_as(std::string src);

  std::string scope_, user_, src_;
  std::string epoch_;
  std::uint64_t seq_ = 0, snap_ = 0, told_ = 0;
  std::uint64_t next_n_ = 1, acked_ = 0;
  std::set<std::string> marked_;
  std::map<std::string, Document> documents_;
  std::map<std::string, std::uint64_t> tombstones_;
  std::deque<Pending> outbox_;
  std::map<std::uint64_t, std::string>
      done_;              // acknowledged writes of this src, by n: reported if a restore loses them
  bool marking_ = false;  // in a snapshot; that of an empty scope has snap 0
  bool moving_ = false;   // a new epoch has begun, and what it knows of us has not been told
  bool want_snapshot_ = false;
  int mismatches_ = 0;
  bool gap_ = false;  // not stored: whoever starts anew asks anyway
  std::vector<Json> events_;
};

/// 24 random characters that can name a replica.
std::string random_src();

}  // namespace msync::chaos
