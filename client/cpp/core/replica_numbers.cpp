// Numbers, epochs and names: what becomes of the outbox when the server, or this database, is not what it was.
#include <algorithm>

#include "client/cpp/core/bounds.h"
#include "client/cpp/core/replica.h"

namespace msync::client {

void Replica::on_numbers(const Numbers& said, std::int64_t now) {
  if (state.moving) return finish_move(said, now);
  for (const MutationResult& outcome : said.outcomes) learn(outcome, said.to, now);
  if (said.n < std::min(said.known, state.acked_n) && said.server_now > state.acked_now) {
    refill(said.n);
  } else {
    cover_by_pull(said, now);
  }
  release(now);
  if (said.n > state.last_n) take_new_src();  // the device was restored from a backup
}

void Replica::cover_by_pull(const Numbers& said, std::int64_t now) {
  // Outcomes other than `applied` are kept, the last 100 of them.
  const Status status = said.outcomes.size() < 100 ? Status::applied : Status::processed;
  for (auto& [order, entry] : outbox_.entries()) {
    if (entry.n == 0 || entry.n > said.n || (entry.done && entry.done->result)) continue;
    outbox_.finish(entry, said.to, now).result = make_outcome(entry.n, status);
    outbox_.save(entry);
    touch(entry.ops);
  }
  cover(said.n, said.to, said.server_now, now);
}

/// To the history that a restore of the server began: rule 6.
void Replica::finish_move(const Numbers& said, std::int64_t now) {
  report_lost(said.n);
  for (const std::int64_t order : outbox_.orders()) {
    Entry& entry = *outbox_.at(order);
    if (entry.n == 0 || entry.n > said.n) continue;
    const auto known = std::find_if(said.outcomes.begin(), said.outcomes.end(),
                                    [&](const MutationResult& each) { return each.n == entry.n; });
    Done& done = outbox_.finish(entry, 0, now);
    if (known != said.outcomes.end()) {
      done.result = make_outcome(*known);
    } else if (!done.result) {
      done.result = make_outcome(entry.n, Status::applied);
    }
    leave(order);
  }
  take_new_src();
  state.moving = false;
  for (auto& [order, entry] : outbox_.entries()) {
    for (WriteOp& op : entry.ops) {
      if (!op.base) continue;
      const Confirmed* live = documents_.live(op.id);
      op.base = live == nullptr ? 0 : live->version;
    }
    outbox_.save(entry);
    touch(entry.ops);
  }
  save();
}

/// Acknowledged, and no longer known to the server, which has processed up to n.
void Replica::report_lost(std::uint64_t n) {
  const Fault error{"lost", "acknowledged, and lost by a restore of the server", ""};
  const std::vector<Entry> lost = reports_.above(n);
  for (const Entry& row : lost) reports_.problem("lost", row, error);
  std::uint64_t known = lost.size();
  for (const std::int64_t order : outbox_.orders()) {
    const Entry entry = *outbox_.at(order);
    if (!entry.done || entry.n <= n) continue;
    ++known;
    remove(*outbox_.at(order));
    if (!entry.key.empty()) reports_.refuse("lost", entry, error);
  }
  reports_.forget_all();
  if (state.acked_n <= n) return;
  const std::uint64_t all = state.acked_n - n;
  reports_.error({"lost",
                  std::to_string(all) + " acknowledged writes are lost, the content of " +
                      std::to_string(all > known ? all - known : 0) + " is not kept",
                  ""});
}

/// The server lost its tail without a new epoch: the missing numbers are used up by noops.
void Replica::refill(std::uint64_t n) {
  const std::uint64_t acked = state.acked_n;
  report_lost(n);
  if (acked - n > bounds::fill_max) return take_new_src();
  for (std::uint64_t missing = acked; missing > n; --missing)
    outbox_.add({state.first_order--, "", 0, false, {WriteOp{}}, missing, {}});
  state.acked_n = n;
  save();
}

void Replica::take_new_src() {
  state.src = new_src_();
  state.last_n = state.acked_n = 0;
  state.acked_now = 0;
  for (const std::int64_t order : outbox_.orders()) {
    Entry& entry = *outbox_.at(order);
    if (entry.done) {
      leave(order);
    } else if (entry.key.empty()) {
      outbox_.remove(entry);
    } else {
      outbox_.number(entry, 0);
    }
  }
  reports_.forget_all();  // what has left just now, too: its numbers were another name's
  save();
}

void Replica::purge(const std::string& reason) {
  const Fault error{"revoked", reason, ""};
  for (const std::int64_t order : outbox_.orders()) {
    const Entry entry = *outbox_.at(order);
    if (entry.done) continue;
    remove(*outbox_.at(order));
    if (!entry.key.empty()) reports_.refuse("revoked", entry, error);
  }
  for (const std::string& id : documents_.clear()) changed_.insert(id);
  take_new_src();
  ReplicaState fresh;
  fresh.src = state.src;
  fresh.generation = state.generation;
  fresh.next_order = state.next_order;
  fresh.first_order = state.first_order;
  fresh.last_ts = state.last_ts;
  state = fresh;
  reports_.forget_all();
  save();
  reports_.purged(reason);
}

}  // namespace msync::client
