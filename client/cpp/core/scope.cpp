#include "client/cpp/core/scope.h"

#include <algorithm>
#include <numeric>

#include "client/cpp/core/inbound.h"
#include "core/message_text.h"

namespace msync::client {

Scope::Scope(std::string name, std::string user, Replica::NewSrc new_src, Shared& shared, bool reads)
    : name_(std::move(name)),
      shared_(shared),
      reads_(reads),
      replica_(name_, std::move(user), std::move(new_src), shared.manner) {}

bool Scope::settled() const {
  const ReplicaState& state = replica_.state;
  const bool asks = reads_ && (!rid_.empty() || wants_pull_ || state.want_snapshot || state.in_snapshot);
  return opened_ && !asks && !state.moving && (replica_.outbox().waiting() == 0 || !may_write_);
}

void Scope::connected(std::int64_t now) {
  rid_.clear();
  sent_n_ = 0;
  send_pause_ = bounds::ack_wait_ms;
  subscribed(now);
  granted();
  if (!opened_ || replica_.state.in_snapshot) want_pull(true);
}

void Scope::subscribed(std::int64_t now) {
  subscribed_at_ = now;
  head_heard_ = false;
}

void Scope::granted() {
  if (!may_pull_) want_pull(true);
  may_pull_ = may_write_ = true;
  sent_n_ = 0;
}

void Scope::want_pull(bool soon) {
  wants_pull_ = true;
  if (!soon) return;
  rid_.clear();
  pull_at_ = 0;
  pull_pause_ = bounds::backoff_min_ms;
}

void Scope::retry() {
  if (!rid_.empty() || wants_pull_ || !opened_) want_pull(true);
  sent_n_ = 0;
}

void Scope::stop_reading() {
  reads_ = wants_pull_ = false;
  rid_.clear();
}

void Scope::new_epoch(const std::string& epoch) {
  ReplicaState& state = replica_.state;
  if (!state.epoch.empty() && reads_ && state.moving) return;  // under way
  if (!state.epoch.empty()) state.moving = true;
  if (!reads_) {
    state.epoch = epoch;
    opened_ = false;
  }
  replica_.save();
  want_pull(true);
}

void Scope::tick(std::int64_t now) {
  const ReplicaState& state = replica_.state;
  replica_.release(now);
  if (!shared_.open || now < shared_.quiet_until) return;
  miss_heads(now);
  if (state.want_snapshot && rid_.empty()) wants_pull_ = true;
  if (!shared_.server_epoch.empty() && state.epoch != shared_.server_epoch && rid_.empty())
    wants_pull_ = true;
  miss_deltas(now);
  if (now >= pull_at_) {
    if (!reads_) {
      probe_numbers(now);
    } else if (may_pull_ && (wants_pull_ || !rid_.empty())) {
      pull(now);
    }
  }
  miss_acks(now);
  send(now);
  say_seen(now);
}

void Scope::miss_heads(std::int64_t now) {
  if (!reads_ || head_heard_ || replica_.state.epoch.empty()) return;
  if (now - subscribed_at_ <= bounds::head_wait_ms) return;
  head_heard_ = true;
  want_pull();
}

/// An ack told of a head, and the log does not come to it.
void Scope::miss_deltas(std::int64_t now) {
  if (!reads_ || told_head_ <= replica_.state.seq) {
    told_at_ = now;
  } else if (now - told_at_ > bounds::log_wait_ms) {
    told_head_ = 0;
    want_pull();
  }
}

void Scope::miss_acks(std::int64_t now) {
  if (sent_n_ <= replica_.state.acked_n || replica_.outbox().waiting() == 0) return;
  if (now - heard_at_ <= send_pause_) return;
  sent_n_ = 0;
  send_pause_ = std::min(send_pause_ * 2, bounds::backoff_max_ms);
}

void Scope::say_seen(std::int64_t now) {
  const ReplicaState& state = replica_.state;
  if (!reads_ || state.in_snapshot || state.moving || state.seq <= seen_seq_) return;
  if (!shared_.manner.stored || now - seen_at_ < bounds::seen_every_ms) return;
  shared_.publish(name_ + "/seen", msync::encode(msync::Seen{state.src, state.epoch, state.seq}), 0);
  seen_seq_ = state.seq;
  seen_at_ = now;
}

// ---- Asking -----------------------------------------------------------------------------------------------

void Scope::pull(std::int64_t now) {
  const ReplicaState& state = replica_.state;
  rid_ =
      std::to_string(static_cast<std::uint64_t>(shared_.random() * static_cast<double>(limits::integer_max)));
  reset_taken_ = false;
  wants_pull_ = false;
  pulled_at_ = now;
  pulled_acked_n_ = state.acked_n;
  const double jitter = 0.5 + shared_.random();
  pull_at_ =
      now + bounds::pull_wait_ms + static_cast<std::int64_t>(static_cast<double>(pull_pause_) * jitter);
  pull_pause_ = std::min(pull_pause_ * 2, bounds::backoff_max_ms);
  Pull message;
  message.rid = rid_;
  message.src = state.src;
  message.epoch = state.epoch;
  message.since = state.want_snapshot ? 0 : state.seq;
  if (state.in_snapshot && !state.want_snapshot) message.snap = state.snap;
  if (!state.moving) message.acked = state.acked_n;
  message.zlib = message.zstd = true;
  shared_.publish(name_ + "/pull", msync::encode(message), 1);
}

/// Who may not read asks by a number that must be a gap.
void Scope::probe_numbers(std::int64_t now) {
  if (replica_.state.epoch.empty() || opened_ || !may_write_) return;
  pull_at_ = now + bounds::ack_wait_ms;
  publish_in(limits::integer_max, R"([{"op":"noop"}])");
}

// ---- Writing ----------------------------------------------------------------------------------------------

void Scope::send(std::int64_t now) {
  const ReplicaState& state = replica_.state;
  const bool held = !opened_ || state.moving || state.epoch.empty() || !may_write_;
  if (held || !shared_.open || now < shared_.quiet_until) return;
  if (!shared_.server_epoch.empty() && shared_.server_epoch != state.epoch) return;
  const std::vector<std::int64_t> orders = due();
  if (orders.empty()) return;
  if (sent_n_ <= state.acked_n) heard_at_ = now;
  if (sent_n_ == 0) flying_.clear();
  while (!flying_.empty() && flying_.front().n <= state.acked_n) flying_.pop_front();
  publish_all(orders);
}

/// The orders of what is within the window and not under way.
std::vector<std::int64_t> Scope::due() const {
  const std::size_t allowed = std::min<std::size_t>(shared_.limits.max_unacked, bounds::unacked);
  const std::size_t window = single_until_ > 0 ? 1 : allowed;
  std::vector<std::int64_t> due;
  std::size_t in_window = 0;
  for (const auto& [order, entry] : replica_.outbox().entries()) {
    if (entry.done) continue;
    if (++in_window > window) break;
    if (entry.n == 0 || entry.n > sent_n_) due.push_back(order);
  }
  return due;
}

void Scope::publish_all(const std::vector<std::int64_t>& due) {
  const std::size_t room = shared_.limits.max_payload_bytes - bounds::envelope_bytes;
  const std::size_t most = std::min<std::size_t>(shared_.limits.max_mutations, bounds::batch);
  std::string batch;
  std::uint64_t first = 0, mutations = 0;
  std::size_t flying = std::accumulate(flying_.begin(), flying_.end(), std::size_t{0},
                                       [](std::size_t sum, const Flying& each) { return sum + each.bytes; });
  const auto flush = [&] {
    if (mutations == 0) return;
    publish_in(first, batch + "]");
    flying_.push_back({sent_n_, batch.size()});
    batch.clear();
    mutations = 0;
  };
  for (const std::int64_t order : due) {
    if (flying >= bounds::unacked_bytes) break;
    Entry* entry = replica_.outbox().at(order);
    if (entry->n == 0) replica_.number(*entry);
    std::string mutation = mutation_text(*entry);
    const std::uint64_t n = entry->n;
    if (mutation.size() + 1 > room) {
      replica_.replace_by_noop(*entry, {"too_large",
                                        std::to_string(mutation.size()) + " bytes; the server takes " +
                                            std::to_string(room) + " in one message",
                                        ""});
      mutation = R"({"op":"noop"})";
    }
    if (batch.size() + mutation.size() + 2 > room || mutations >= most) flush();
    if (mutations++ == 0) first = n;
    batch += batch.empty() ? "[" : ",";
    batch += mutation;
    flying += mutation.size();
    sent_n_ = n;
  }
  flush();
}

void Scope::publish_in(std::uint64_t n, const std::string& mutations) {
  std::string payload;
  ObjectText object(payload);
  object.text("epoch", replica_.state.epoch);
  object.text("src", replica_.state.src);
  object.number("n", n);
  object.raw("mutations", mutations);
  object.close();
  shared_.publish(name_ + "/in", std::move(payload), 1);
}

// ---- Refusals ---------------------------------------------------------------------------------------------

void Scope::lose(const std::string& reason) {
  denied_ = true;
  may_pull_ = false;
  wants_pull_ = false;
  rid_.clear();
  opened_ = false;
  if (reads_ && (!replica_.documents().empty() || !replica_.state.epoch.empty())) replica_.purge(reason);
  sent_n_ = single_until_ = 0;
}

void Scope::wait_for_grants() {
  may_write_ = false;
  sent_n_ = 0;
}

void Scope::on_quota(const std::string& topic) {
  if (names_leaf(topic, name_, "in")) sent_n_ = 0;
  if (names_leaf(topic, name_, "pull") && !rid_.empty()) want_pull(true);
}

void Scope::on_bad_message(const Notice& notice, std::int64_t now) {
  const ReplicaState& state = replica_.state;
  if (!notice.src.empty() && notice.src != state.src) return;
  const auto& entries = replica_.outbox().entries();
  const auto first = std::find_if(entries.begin(), entries.end(),
                                  [](const auto& each) { return !each.second.done && each.second.n > 0; });
  if (first == entries.end()) return;
  if (single_until_ > 0) {
    if (notice.n != 0 && notice.n != first->second.n) return;  // of a message that was sent before
    replica_.replace_by_noop(first->second, {to_string(notice.code), notice.message, ""});
  }
  single_until_ = std::max(single_until_, state.last_n);
  sent_n_ = 0;
  send(now);
}

}  // namespace msync::client
