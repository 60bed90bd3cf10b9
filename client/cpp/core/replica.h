// One scope of one local database: docs/protocol.md, "Applying a delta", "Snapshot", "Digest", and the numbers of "What a
// client does". Messages in; out come rows to commit, ids whose view changed, and events.
//
// Pure: it knows no connection and no clock (`now` is any clock that only rises, ms). scope.h decides when to ask and to
// send. The caller commits the rows before it publishes, tells or acknowledges anything. replica_numbers.cpp holds what
// becomes of numbers, epochs and names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "client/cpp/core/documents.h"
#include "client/cpp/core/manner.h"
#include "client/cpp/core/outbox.h"
#include "client/cpp/core/reports.h"
#include "client/cpp/core/state.h"
#include "client/cpp/core/view.h"

namespace msync::client {

class Replica {
 public:
  using NewSrc = std::function<std::string()>;

  Replica(std::string scope, std::string user, NewSrc new_src, const Manner& manner = {});

  /// What an earlier life committed; without a state it is a new replica. An error: the database is damaged.
  std::optional<Error> load(StoredRows rows);
  /// What the state is at the end of the step goes into the rows.
  void save() { unsaved_ = true; }

  std::optional<Seen> view(const std::string& id) const;
  /// All ids that a view can have.
  std::unordered_set<std::string> ids() const;

  // ---- Writing

  /// A mutation of the user: base and ts are filled in. A base that is given is the version that the user saw, never above
  /// the confirmed one. Asked twice with one key, it is written once. `now` is the server's time as far as it is known.
  void write(const std::string& key, std::vector<WriteOp> ops, bool group, std::int64_t now);
  void number(Entry& entry);
  /// A write that the server will never take as a message: its number is used up by a noop.
  void replace_by_noop(const Entry& entry, const Fault& error);

  // ---- Deltas

  /// To begin with the first page of a snapshot.
  void begin_snapshot(const Delta& page);
  /// False if something before it is missing; nothing of it is applied then.
  bool apply(const Delta& delta, std::int64_t now);

  // ---- What became of writes

  /// Every number up to n has been processed, durably; the confirmed state shows it all at `until`.
  void cover(std::uint64_t n, std::uint64_t until, std::int64_t server_now, std::int64_t now);
  void ack(const Ack& ack, std::int64_t now);

  /// What a pull at the head says of our numbers.
  struct Numbers {
    std::uint64_t n = 0;
    std::uint64_t to = 0;
    std::int64_t server_now = 0;
    std::uint64_t known = 0;  // the number that had been acknowledged when it was asked
    std::vector<MutationResult> outcomes;
  };
  void on_numbers(const Numbers& said, std::int64_t now);

  /// Lets go of what the confirmed state shows. Called after each step, and now and then.
  void release(std::int64_t now);
  /// For a writer that may not read: nothing else will come.
  void release_all();

  /// Everything unsent gets new numbers under a new name.
  void take_new_src();
  /// The scope's data leaves the device, after the outbox was handed to the app.
  void purge(const std::string& reason);

  ReplicaState state;

  const std::string& scope() const { return scope_; }
  const Documents& documents() const { return documents_; }
  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }
  Reports& reports() { return reports_; }
  const Reports& reports() const { return reports_; }
  ChangedRows take_rows();
  std::unordered_set<std::string> take_changed() { return std::exchange(changed_, {}); }

 private:
  bool asked_again(const std::string& key);
  std::uint64_t apply_change(const Change& change, const Delta& delta, std::int64_t now);
  void confirm(const Change& change);
  void end_snapshot();
  void check_digest(const Delta& delta);
  void learn(const MutationResult& result, std::uint64_t head, std::int64_t now);
  void cover_by_pull(const Numbers& said, std::int64_t now);
  void leave(std::int64_t order);
  void finish_move(const Numbers& said, std::int64_t now);
  void report_lost(std::uint64_t n);
  void refill(std::uint64_t n);
  void remove(const Entry& entry);
  void touch(const std::vector<WriteOp>& ops);

  std::string scope_;
  std::string user_;
  NewSrc new_src_;
  bool traced_;
  Rows rows_;
  Documents documents_{rows_};
  Outbox outbox_{rows_};
  Reports reports_;
  std::unordered_set<std::string> changed_;
  bool unsaved_ = false;  // the state
};

}  // namespace msync::client
