// How a replica takes deltas: docs/protocol.md, "Applying a delta" and "Snapshot".
#include "tests/chaos/client/replica.h"

namespace msync::chaos {

namespace {

bool is_page(const Json& delta) {
  return delta.contains("rid");
}

bool is_reset(const Json& delta) {
  return delta.value("reset", false);
}

}  // namespace

/// False: dropped, whole.
bool Replica::takes_part(const Json& delta, const std::string& rid) const {
  if (is_page(delta) && is_reset(delta) && !rid.empty() && delta.at("rid") == rid) return true;
  if (epoch_.empty() || delta.at("epoch") != epoch_) return false;
  if (is_page(delta)) return delta.value("snap", std::uint64_t{0}) == snap_ && !is_reset(delta);
  return !marking_;
}

bool Replica::take_delta(const Json& delta, const std::string& rid) {
  const std::uint64_t from = delta.at("from"), to = delta.at("to"), head = delta.at("head");
  if (delta.at("epoch") == epoch_ && head > told_) told_ = head;
  if (!takes_part(delta, rid)) {
    if (is_page(delta) && delta.at("epoch") == epoch_) gap_ = true;
    return true;
  }
  gap_ = false;
  if (is_page(delta) && is_reset(delta)) {
    begin_snapshot(delta);
    if (!apply_changes(delta)) return true;
    seq_ = to;
  } else if (from > seq_) {
    gap_ = true;
    return true;
  } else if (to > seq_) {
    if (!apply_changes(delta)) {
      gap_ = true;
      return true;
    }
    seq_ = to;
  }
  if (seq_ == to && to == head) reached(delta);
  const bool mine = is_page(delta) && !rid.empty() && delta.at("rid") == rid;
  if (mine && to == head && delta.contains("n")) told_of_mine(delta.at("n"), true);
  return true;
}

void Replica::begin_snapshot(const Json& delta) {
  if (delta.at("epoch") != epoch_) {
    note("epoch", {{"from", epoch_}, {"to", delta.at("epoch")}});
    moving_ = moving_ || !epoch_.empty();
    epoch_ = delta.at("epoch");
    told_ = delta.at("head");
  }
  snap_ = delta.at("snap");
  marking_ = true;
  seq_ = 0;
  want_snapshot_ = false;
  marked_.clear();
  tombstones_.clear();
}

bool Replica::apply_changes(const Json& delta) {
  std::uint64_t last = delta.at("from");
  for (const auto& change : delta.at("changes")) {
    const std::uint64_t seq = change.at("seq");
    if (seq <= last || seq > delta.at("to").get<std::uint64_t>()) {
      note("contradiction", {{"what", "a change's seq is outside its delta, or out of order"}, {"seq", seq}});
    }
    last = seq;
  }
  for (const auto& change : delta.at("changes")) {
    if (!apply(change)) return false;
  }
  return true;
}

/// False where it is a patch of a version that is not here.
bool Replica::apply(const Json& change) {
  const std::string id = change.at("id");
  const auto held = documents_.find(id);
  if (marking_) marked_.insert(id);
  if (change.value("deleted", false)) {
    if (held != documents_.end()) documents_.erase(held);
    tombstones_[id] = change.at("version");
  } else {
    Document next{change.at("version"), change.at("seq"), change.at("ts"), change.at("by"), Json::object()};
    if (change.contains("patch")) {
      if (held == documents_.end() || held->second.version != change.at("base").get<std::uint64_t>())
        return false;
      next.data = held->second.data;
      next.data.merge_patch(change.at("patch"));
    } else {
      next.data = change.at("data");
    }
    documents_[id] = std::move(next);
    tombstones_.erase(id);
  }
  if (!moving_ && change.at("by") == user_ && change.value("src", "") == src_)
    told_of_mine(change.at("n"), false);
  return true;
}

/// It is at a head: a snapshot is complete, and the digest must be right.
void Replica::reached(const Json& delta) {
  if (marking_) {
    std::erase_if(documents_, [this](const auto& entry) { return !marked_.contains(entry.first); });
    marked_.clear();
    snap_ = 0;
    marking_ = false;
  }
  if (told_ == seq_ && delta.contains("digest")) compare_digest(delta);
}

void Replica::compare_digest(const Json& delta) {
  const std::string own = digest();
  if (own == delta.at("digest") && documents_.size() == delta.at("count").get<std::uint64_t>()) {
    mismatches_ = 0;
    note("head", {{"epoch", epoch_}, {"seq", seq_}, {"digest", own}});
    return;
  }
  note("mismatch", {{"epoch", epoch_},
                    {"seq", seq_},
                    {"digest", own},
                    {"server", delta.at("digest")},
                    {"documents", documents_json()}});
  want_snapshot_ = ++mismatches_ < 2;
}

/// The server has processed our numbers up to n.
void Replica::told_of_mine(std::uint64_t n, bool from_page) {
  if (moving_) {
    if (from_page) finish_move(n);
    return;
  }
  if (n >= next_n_) {
    note("contradiction",
         {{"what", "the server has a number that was never given"}, {"n", n}, {"next_n", next_n_}});
    start_as(random_src());
    return;
  }
  if (n < acked_) return;  // the page was read before the last ack; the checker knows if not
  cover(n, from_page ? "pull" : "own change");
}

}  // namespace msync::chaos
