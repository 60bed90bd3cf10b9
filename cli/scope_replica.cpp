#include "cli/scope_replica.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/reconcile.h"

namespace msync {

Pull ScopeReplica::pull(std::string rid) {
  rid_ = std::move(rid);
  Pull pull;
  pull.rid = rid_;
  pull.zlib = pull.zstd = true;
  if (from_zero_) {
    snapshot_ = false;
    from_zero_ = false;
    pull.epoch = epoch_;
    return pull;
  }
  pull.epoch = epoch_;
  pull.since = seq_;
  pull.snap = snapshot_ ? snap_ : 0;
  return pull;
}

const ScopeReplica::Document* ScopeReplica::find(std::string_view id) const {
  const auto found = documents_.find(id);
  return found == documents_.end() ? nullptr : &found->second;
}

ScopeReplica::Took ScopeReplica::take(const Delta& delta, const Listener& listener) {
  const bool page = !delta.rid.empty();
  if (delta.scope != scope_ || (page && delta.rid != rid_)) return Took::ignored;
  if (delta.reset && page) {
    begin_snapshot(delta);
  } else if (delta.epoch != epoch_) {
    return Took::ignored;
  } else if (snapshot_ && !page) {
    head_ = std::max(head_, delta.head);
    return Took::ignored;
  } else if (page && delta.snap != (snapshot_ ? snap_ : 0)) {
    return Took::gap;  // its reset page was lost, and what was purged is named nowhere else
  }
  head_ = page ? delta.head : std::max(head_, delta.head);
  if (delta.to <= seq_ && !(delta.reset && delta.to == seq_))
    return delta.to == seq_ ? check(delta) : Took::old;
  if (delta.from > seq_) return Took::gap;
  if (!can_apply(delta)) return Took::gap;

  for (const Change& change : delta.changes) apply(change, listener);
  seq_ = delta.to;
  if (snapshot_ && delta.to == delta.head) end_snapshot(listener);
  const Took checked = check(delta);
  return checked == Took::damaged ? checked : Took::applied;
}

void ScopeReplica::begin_snapshot(const Delta& page) {
  epoch_ = page.epoch;
  seq_ = 0;
  head_ = page.head;
  snapshot_ = true;
  snap_ = page.snap;
  marked_.clear();
}

void ScopeReplica::end_snapshot(const Listener& listener) {
  snapshot_ = false;
  for (auto document = documents_.begin(); document != documents_.end();) {
    const auto next = std::next(document);
    if (!marked_.contains(document->first)) {
      Change gone;
      gone.id = document->first;
      gone.version = document->second.version;
      gone.deleted = true;
      const Document before = document->second;
      erase(document);
      if (listener) listener({gone, &before, nullptr, true});
    }
    document = next;
  }
  marked_.clear();
}

/// A patch needs the very version that it was made from.
bool ScopeReplica::can_apply(const Delta& delta) const {
  for (const Change& change : delta.changes) {
    if (!change.base || change.seq <= seq_) continue;
    const Document* document = find(change.id);
    if (document == nullptr || document->version != *change.base) return false;
  }
  return true;
}

void ScopeReplica::apply(const Change& change, const Listener& listener) {
  if (change.seq <= seq_) return;  // from before what we have: a delta that overlaps it
  if (snapshot_) marked_.insert(change.id);
  if (!listener) return put(change);
  const Document* held = find(change.id);
  std::optional<Document> before;
  if (held != nullptr) before = *held;
  put(change);
  const Document* after = find(change.id);
  const bool same = snapshot_ && before && after != nullptr && *before == *after;
  if (!same) listener({change, before ? &*before : nullptr, after, snapshot_});
}

void ScopeReplica::put(const Change& change) {
  auto document = documents_.find(change.id);
  Document next{change.version, change.ts, change.by, change.data};
  if (change.base) {  // can_apply() has found the document
    const auto target = parse_json(document->second.data);
    const auto patch = parse_json(change.patch);
    if (target && patch) {
      next.data = to_text(merge_patch(*target, *patch));
    }
  }
  if (change.deleted) {
    if (document != documents_.end()) erase(document);
    return;
  }
  digest_.add(change.id, next.version, next.ts, next.by);
  if (document == documents_.end()) {
    documents_.emplace(change.id, std::move(next));
  } else {
    Document& held = document->second;
    digest_.remove(change.id, held.version, held.ts, held.by);
    held = std::move(next);
  }
}

void ScopeReplica::erase(std::map<std::string, Document, std::less<>>::iterator document) {
  const auto& [id, held] = *document;
  digest_.remove(id, held.version, held.ts, held.by);
  documents_.erase(document);
}

/// Below a head that something applied has named, documents may be missing that changed again before it: a page shows
/// only what an entity is now. So nothing is compared there.
ScopeReplica::Took ScopeReplica::check(const Delta& delta) {
  if (seq_ < head_ || snapshot_ || delta.to != delta.head || delta.to != seq_ || !delta.count)
    return Took::old;
  const bool right = *delta.count == documents_.size() && delta.digest == digest_.hex();
  if (right) {
    damaged_before_ = false;
    return Took::old;
  }
  if (!damaged_before_)
    from_zero_ = true;  // one snapshot; if that does not help, another one will not either
  damaged_before_ = true;
  return Took::damaged;
}

}  // namespace msync
