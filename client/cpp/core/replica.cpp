#include "client/cpp/core/replica.h"

#include <algorithm>

#include "client/cpp/core/bounds.h"

namespace msync::client {

Replica::Replica(std::string scope, std::string user, NewSrc new_src, const Manner& manner)
    : scope_(std::move(scope)),
      user_(std::move(user)),
      new_src_(std::move(new_src)),
      traced_(manner.traced),
      rows_(manner.stored),
      reports_(scope_, rows_) {
  state.src = new_src_();
}

// Its parts are moved from. NOLINTNEXTLINE(performance-unnecessary-value-param)
std::optional<Error> Replica::load(StoredRows rows) {
  for (auto& [id, row] : rows.documents) documents_.load(id, std::move(row));
  std::vector<Entry> entries;
  std::optional<Error> damage;
  const auto take = [&damage](auto read, auto&& use) {
    if (read) {
      use(*std::move(read));
    } else {
      damage = read.error();
    }
  };
  for (const auto& [kind, name, value] : rows.others) {
    if (kind == RowKind::state) take(decode_state(value), [this](ReplicaState&& read) { state = read; });
    if (kind == RowKind::problem)
      take(decode_problem(value), [this](Problem&& read) { reports_.load(read); });
    if (kind == RowKind::write) take(decode_entry(value), [&](Entry&& read) { entries.push_back(read); });
    if (kind == RowKind::remembered) take(decode_entry(value), [this](Entry&& read) { reports_.load(read); });
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.order < b.order; });
  for (Entry& entry : entries) {
    state.next_order = std::max(state.next_order, entry.order + 1);
    for (const WriteOp& op : entry.ops) state.last_ts = std::max(state.last_ts, op.ts);
    outbox_.load(std::move(entry));
  }
  if (!damage) save();
  return damage;
}

ChangedRows Replica::take_rows() {
  if (std::exchange(unsaved_, false)) rows_.put(RowKind::state, "", state);
  outbox_.flush();
  return rows_.take();
}

std::optional<Seen> Replica::view(const std::string& id) const {
  return view_of(id, documents_.known(id), outbox_.of(id), state.seq);
}

std::unordered_set<std::string> Replica::ids() const {
  std::unordered_set<std::string> ids;
  for (const auto& [id, row] : documents_.all_live()) ids.insert(id);
  for (const auto& [id, entries] : outbox_.by_id()) ids.insert(id);
  return ids;
}

// ---- Writing ----------------------------------------------------------------------------------------------

void Replica::write(const std::string& key, std::vector<WriteOp> ops, bool group, std::int64_t now) {
  if (asked_again(key)) return;
  for (WriteOp& op : ops) {
    const Confirmed* known = documents_.known(op.id);
    const std::uint64_t version = known == nullptr ? 0 : known->version;
    op.base = std::min(op.base.value_or(version), version);
    state.last_ts =
        std::max({now, (known == nullptr ? 0 : known->ts) + 1, state.last_ts + 1, std::int64_t{1}});
    op.ts = state.last_ts;
  }
  touch(ops);
  // The state is not saved: next_order and last_ts follow from the entry.
  outbox_.add({state.next_order++, key, now, group, std::move(ops), 0, {}});
}

bool Replica::asked_again(const std::string& key) {
  if (outbox_.holds_key(key)) return true;
  const Entry* row = reports_.find(key);
  if (row == nullptr) return false;
  reports_.settle(key, make_outcome(row->n, Status::applied));
  return true;
}

void Replica::number(Entry& entry) {
  outbox_.number(entry, ++state.last_n);
  save();
}

void Replica::replace_by_noop(const Entry& entry, const Fault& error) {
  const Entry refused = entry;
  reports_.refuse("rejected", refused, error);
  remove(entry);
  outbox_.add({refused.order, "", refused.at, false, {WriteOp{}}, refused.n, {}});
}

// ---- Deltas -----------------------------------------------------------------------------------------------

void Replica::begin_snapshot(const Delta& page) {
  if (!state.epoch.empty() && page.epoch != state.epoch) state.moving = true;
  state.epoch = page.epoch;
  state.seq = state.whole_at = 0;
  state.snap = page.snap;
  state.in_snapshot = true;
  state.want_snapshot = false;
  ++state.generation;
  for (const auto& [order, entry] : outbox_.entries()) touch(entry.ops);
  save();
}

bool Replica::apply(const Delta& delta, std::int64_t now) {
  if (delta.from > state.seq) return false;
  if (delta.to > state.seq || delta.reset) {
    // Where it overlaps, the beginning is here already.
    const auto is_new = [this](const Change& change) { return change.seq > state.seq; };
    const auto fits = [&](const Change& change) { return !is_new(change) || documents_.fits(change); };
    if (!std::all_of(delta.changes.begin(), delta.changes.end(), fits)) return false;
    std::uint64_t own = 0;
    for (const Change& change : delta.changes) {
      if (is_new(change)) own = std::max(own, apply_change(change, delta, now));
    }
    if (own > 0) cover(own, delta.head, delta.now, now);
    state.seq = std::max(state.seq, delta.to);
    state.whole_at = std::max(state.whole_at, delta.head);
    save();
  }
  if (state.seq == delta.to && delta.to == delta.head) {
    if (state.in_snapshot) end_snapshot();
    if (!state.whole) {
      state.whole = true;
      save();
    }
  }
  check_digest(delta);
  release(now);
  return true;
}

/// The number of ours that it shows to be processed, and with it all before; or 0.
std::uint64_t Replica::apply_change(const Change& change, const Delta& delta, std::int64_t now) {
  confirm(change);
  changed_.insert(change.id);
  if (state.moving || change.by != user_ || change.src != state.src || change.n == 0) return 0;
  if (change.n > state.last_n) return 0;  // the pull that opens a database finds out
  if (Entry* entry = outbox_.find(change.n); entry != nullptr) {
    outbox_.finish(*entry, delta.head, now).versions[change.id] = change.version;
    outbox_.save(*entry);
  }
  return change.n;
}

void Replica::confirm(const Change& change) {
  if (!traced_) return documents_.apply(change, state.generation);
  const auto copy = [](const Confirmed* row) { return row == nullptr ? std::nullopt : std::optional(*row); };
  const auto before = copy(documents_.live(change.id));
  documents_.apply(change, state.generation);
  const auto after = copy(documents_.live(change.id));
  const bool same = before && after && before->version == after->version && before->ts == after->ts &&
                    before->by == after->by && *before->data == *after->data;
  if (!state.in_snapshot || !same)
    reports_.trace(ConfirmedChange{scope_, change, before, after, state.in_snapshot});
}

void Replica::end_snapshot() {
  state.in_snapshot = false;
  state.snap = 0;
  for (const auto& [id, row] : documents_.sweep(state.generation)) {
    changed_.insert(id);
    if (!traced_) continue;
    Change gone;
    gone.id = id;
    gone.version = row.version;
    gone.deleted = true;
    reports_.trace(ConfirmedChange{scope_, gone, row, {}, true});
  }
  save();
}

void Replica::check_digest(const Delta& delta) {
  if (delta.digest.empty() || state.seq != delta.to || delta.to != delta.head) return;
  if (state.in_snapshot || state.seq < state.whole_at) return;
  const bool same = documents_.digest() == delta.digest && documents_.count() == delta.count;
  if (same && state.mismatches == 0) return;
  state.mismatches = same ? 0 : state.mismatches + 1;
  if (state.mismatches == 1) state.want_snapshot = true;
  if (traced_ && !same) reports_.trace(DigestDiffered{scope_, state.seq, state.mismatches > 1});
  save();
  if (state.mismatches != 2) return;
  reports_.error({"digest",
                  "at " + std::to_string(state.seq) + " here are " + std::to_string(documents_.count()) +
                      " documents, " + documents_.digest() + "; the server has " +
                      std::to_string(delta.count.value_or(0)) + ", " + delta.digest,
                  ""});
}

// ---- What became of writes --------------------------------------------------------------------------------

void Replica::cover(std::uint64_t n, std::uint64_t until, std::int64_t server_now, std::int64_t now) {
  for (auto& [order, entry] : outbox_.entries()) {
    if (entry.n == 0 || entry.n > n) break;
    if (!entry.done) outbox_.finish(entry, until, now);
  }
  if (n <= state.acked_n) return;
  state.acked_n = n;
  state.acked_now = std::max(state.acked_now, server_now);
  save();
}

void Replica::ack(const Ack& ack, std::int64_t now) {
  for (const MutationResult& result : ack.results) learn(result, ack.head, now);
  cover(ack.n, ack.head, ack.now, now);
  release(now);
}

void Replica::learn(const MutationResult& result, std::uint64_t head, std::int64_t now) {
  Entry* entry = outbox_.find(result.n);
  if (entry == nullptr || (entry->done && entry->done->result)) return;
  std::uint64_t until = 0;
  for (const Landing& change : result.changes) until = std::max(until, change.seq);
  if (until == 0 && result.standing) until = result.standing->seq;
  Done& done = outbox_.finish(*entry, until == 0 ? head : until, now);
  done.result = make_outcome(result);
  for (const Landing& change : result.changes) done.versions[change.id] = change.version;
  outbox_.save(*entry);
  touch(entry->ops);
}

void Replica::release(std::int64_t now) {
  std::vector<std::int64_t> leaving;
  for (const std::int64_t order : outbox_.done()) {
    const Done& done = *outbox_.at(order)->done;
    const bool waited = now - done.at >= bounds::outcome_wait_ms || now < done.at;
    if (state.seq >= done.until && (done.result || waited)) leaving.push_back(order);
  }
  for (const std::int64_t order : leaving) leave(order);
}

void Replica::release_all() {
  const std::vector<std::int64_t> leaving(outbox_.done().begin(), outbox_.done().end());
  for (const std::int64_t order : leaving) leave(order);
}

void Replica::leave(std::int64_t order) {
  const Entry entry = *outbox_.at(order);
  remove(*outbox_.at(order));
  if (entry.key.empty()) return;  // a noop of ours
  const Outcome outcome = entry.done->result.value_or(make_outcome(entry.n, Status::applied));
  if (stored(outcome.status) || outcome.status == Status::processed) {
    reports_.remember(entry);
  } else {
    const char* status = to_string(outcome.status);
    if (outcome.status == Status::superseded && outcome.version == 0 && !outcome.id.empty())
      documents_.forget(outcome.id);
    reports_.problem(status, entry, outcome.error.value_or(Fault{status, "a newer change stands", ""}));
  }
  reports_.settle(entry.key, outcome);
}

void Replica::remove(const Entry& entry) {
  touch(entry.ops);
  outbox_.remove(entry);
}

void Replica::touch(const std::vector<WriteOp>& ops) {
  for (const WriteOp& op : ops) {
    if (!op.id.empty()) changed_.insert(op.id);
  }
}

}  // namespace msync::client
