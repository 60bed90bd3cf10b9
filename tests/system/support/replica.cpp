#include "tests/system/support/replica.h"

#include <gtest/gtest.h>

#include "core/digest.h"
#include "core/reconcile.h"

namespace msync::test {

std::string dump(const std::map<std::string, Document>& documents) {
  std::string text;
  for (const auto& [id, document] : documents) {
    text += id + " version " + std::to_string(document.version) + " seq " + std::to_string(document.seq) +
            " ts " + std::to_string(document.ts) + " by " + document.by + " " + to_text(document.data) + "\n";
  }
  return text;
}

Replica::Took Replica::take(const Delta& delta) {
  EXPECT_EQ(delta.scope, scope_);
  EXPECT_LE(delta.from, delta.to);
  EXPECT_LE(delta.to, delta.head);
  const bool page = !delta.rid.empty();
  if (delta.reset) {
    if (!page) ADD_FAILURE() << "a live delta with reset in " << scope_;
    begin_snapshot(delta);
  }
  if (epoch_.empty()) epoch_ = delta.epoch;
  if (delta.epoch != epoch_) return Took::other_epoch;
  seen_any_ = true;
  head_ = std::max(head_, delta.head);
  if (marking_ && !page) return Took::ignored;
  if (page && delta.snap != snap_) return Took::gap;
  if (delta.to <= seq_ && !delta.reset) {
    if (delta.to == seq_ && !marking_) check_digest(delta);
    return Took::old;
  }
  if (delta.from > seq_) return Took::gap;
  std::uint64_t last = delta.from;
  for (const auto& change : delta.changes) {
    EXPECT_GT(change.seq, last) << "changes out of order in " << scope_;
    EXPECT_LE(change.seq, delta.to);
    last = change.seq;
    if (!apply(change)) return Took::gap;
  }
  seq_ = delta.to;
  if (marking_ && delta.to == delta.head) finish_snapshot();
  if (!marking_) check_digest(delta);
  return Took::applied;
}

void Replica::begin_snapshot(const Delta& delta) {
  EXPECT_EQ(delta.from, 0u);
  EXPECT_EQ(delta.snap, delta.head) << "snap is the head at the snapshot's start";
  epoch_ = delta.epoch;
  seq_ = 0;
  head_ = delta.head;
  snap_ = delta.snap;
  marking_ = true;
  ++snapshots_;
  marked_.clear();
}

bool Replica::apply(const Change& change) {
  if (change.seq <= seq_ && !marking_) return true;  // below what is held: only an overlapping page's start
  auto& held = documents_[change.id];
  if (!change.patch.empty()) {
    if (!change.base || *change.base != held.version) return false;
    held.data = merge_patch(held.data, Json::parse(change.patch));
  } else if (!change.deleted) {
    held.data = Json::parse(change.data);
  }
  if (!marking_) {
    EXPECT_GT(change.version, held.version) << change.id << " in " << scope_;
  }
  held.version = change.version;
  held.seq = change.seq;
  held.ts = change.ts;
  held.by = change.by;
  if (change.n != 0) ++applied_mutations_[change.src + " " + std::to_string(change.n)];
  if (change.deleted) {
    documents_.erase(change.id);
  } else if (marking_) {
    marked_.insert(change.id);
  }
  return true;
}

void Replica::finish_snapshot() {
  std::erase_if(documents_, [this](const auto& entry) { return !marked_.contains(entry.first); });
  marking_ = false;
  snap_ = 0;
  marked_.clear();
}

void Replica::check_digest(const Delta& delta) const {
  if (delta.to != delta.head || !delta.count) return;
  Digest digest;
  for (const auto& [id, document] : documents_) digest.add(id, document.version, document.ts, document.by);
  EXPECT_EQ(*delta.count, documents_.size()) << scope_ << " at " << delta.to;
  EXPECT_EQ(delta.digest, digest.hex()) << scope_ << " at " << delta.to << "\n" << dump(documents_);
}

}  // namespace msync::test
