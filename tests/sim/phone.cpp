#include "tests/sim/phone.h"

#include "tests/sim/violation.h"

namespace msync::sim {

Phone::Phone(Parts parts) : parts_(std::move(parts)) {
  for (const std::string& topic : parts_.scopes) disk_[topic].src = new_src();
}

std::string Phone::new_src() {
  std::string name = std::to_string(parts_.number) + "-" + std::to_string(names_++) + "-";
  while (name.size() < limits::min_src_bytes) name += static_cast<char>('a' + parts_.choices.below(26));
  return name;
}

MutationKey Phone::key(const std::string& topic, std::uint64_t n) const {
  return {parts_.user, disk_.at(topic).src, topic, n};
}

bool Phone::is_done(const std::string& topic, const std::string& epoch, std::uint64_t head) const {
  const ScopeDatabase& disk = disk_.at(topic);
  const bool behind = !disk.epoch.empty() && disk.epoch != epoch;
  if ((behind || disk.moving || !disk.outbox.empty()) && parts_.may(topic, Right::write)) return false;
  if (!parts_.may(topic, Right::read)) return disk.documents.empty();
  return disk.epoch == epoch && disk.seq == head && !disk.in_snapshot && !disk.moving;
}

// ---- Its life ---------------------------------------------------------------------------------------------

void Phone::start() {
  go_online();
  tick();
}

void Phone::tick() {
  parts_.timeline.after(500, [this, life = life_] {
    if (life != life_) return;
    if (parts_.broker.is_connected(parts_.client)) {
      for (auto& [topic, disk] : disk_) tick_scope(topic, disk, session_[topic]);
    } else if (wants_online_) {
      parts_.broker.connect(parts_.client, *this);
    }
    tick();
  });
}

void Phone::go_online() {
  wants_online_ = true;
}

void Phone::go_offline() {
  wants_online_ = false;
  parts_.broker.disconnect(parts_.client);
}

void Phone::crash() {
  parts_.broker.disconnect(parts_.client);
  session_.clear();
  ++life_;
  tick();
}

void Phone::back_up() {
  backup_ = disk_;
}

void Phone::restore() {
  if (backup_.empty()) return;
  crash();
  parts_.broker.lose_sent(parts_.client);
  for (const auto& [topic, disk] : disk_) {
    for (const Waiting& waiting : disk.outbox) parts_.journal.ended(waiting.wish, Wish::End::device_lost);
    parts_.journal.forget(parts_.number, topic);
  }
  disk_ = backup_;
  for (const auto& [topic, disk] : disk_) {
    for (const Waiting& waiting : disk.outbox) parts_.journal.ended(waiting.wish, Wish::End::none);
  }
}

void Phone::connected() {
  for (auto& [topic, disk] : disk_) {
    Session& session = session_[topic];
    session.sent = 0;
    if (!session.opened) session.wants_pull = true;
  }
  subscribe();
}

void Phone::disconnected() {}

void Phone::subscribe() {
  parts_.broker.subscribe(parts_.client, "sync/" + parts_.client + "/#");
  parts_.broker.subscribe(parts_.client, "sync/status");
  for (const auto& [topic, disk] : disk_) {
    Session& session = session_[topic];
    session.subscribed_ms = parts_.timeline.now_ms();
    session.head_heard = false;
    parts_.broker.subscribe(parts_.client, topic + "/log");
  }
}

// ---- What it does by itself -------------------------------------------------------------------------------

void Phone::tick_scope(const std::string& topic, ScopeDatabase& disk, Session& session) {
  const std::int64_t now = parts_.timeline.now_ms();
  if (now - session.subscribed_ms > resubscribe_ms) subscribe();
  const bool reads = parts_.may(topic, Right::read) || !disk.documents.empty();
  if (reads && !session.head_heard && !disk.epoch.empty() && now - session.subscribed_ms > 10'000) {
    session.head_heard = true;
    want_pull(topic);
  }
  if (now >= session.pull_at_ms && (session.wants_pull || !session.rid.empty())) {
    reads ? pull(topic, disk, session) : probe_numbers(topic, disk);
  }
  const bool unanswered = session.sent > 0 && !disk.outbox.empty();
  if (unanswered && now - session.heard_ms > session.send_pause_ms) {
    session.sent = 0;
    session.send_pause_ms = std::min<std::int64_t>(session.send_pause_ms * 2, 60'000);
  }
  send(topic, disk, session);
  if (disk.seq > session.seen_seq && now - session.seen_ms > 60'000) {
    parts_.broker.publish(parts_.client, {topic + "/seen", encode(Seen{disk.src, disk.epoch, disk.seq})});
    session.seen_seq = disk.seq;
    session.seen_ms = now;
  }
}

void Phone::want_pull(const std::string& topic, bool now) {
  Session& session = session_[topic];
  session.wants_pull = true;
  if (!now) return;
  session.rid.clear();
  session.pull_at_ms = 0;
  session.pull_pause_ms = 1000;
}

void Phone::pull(const std::string& topic, ScopeDatabase& disk, Session& session) {
  Pull pull;
  pull.rid = session.rid = std::to_string(life_) + "." + std::to_string(names_++);
  pull.src = disk.src;
  pull.epoch = disk.epoch;
  pull.since = disk.seq;
  pull.snap = disk.in_snapshot ? disk.snap : 0;
  pull.acked = disk.acked_n;
  pull.limit = 1 + parts_.choices.below(std::uint64_t{4});
  pull.cbor = parts_.choices.chance(50);
  pull.zlib = names_ % 3 == 0;
  pull.zstd = names_ % 3 == 1;
  session.reset_taken = false;
  session.wants_pull = false;
  session.pull_at_ms = parts_.timeline.now_ms() + 5000 + session.pull_pause_ms;
  session.pull_pause_ms = std::min<std::int64_t>(session.pull_pause_ms * 2, 60'000);
  parts_.broker.publish(parts_.client, {topic + "/pull", encode(pull)});
}

/// Who may not read asks by a number that must be a gap.
void Phone::probe_numbers(const std::string& topic, ScopeDatabase& disk) {
  Session& session = session_[topic];
  session.pull_at_ms = parts_.timeline.now_ms() + 10'000;
  if (disk.epoch.empty() || session.opened || !parts_.may(topic, Right::write)) return;
  InMessage message{disk.epoch, disk.src, limits::integer_max, {Mutation{{Operation{}}, false}}};
  parts_.broker.publish(parts_.client, {topic + "/in", encode(message)});
}

// ---- Writing ----------------------------------------------------------------------------------------------

void Phone::write(const std::string& topic, Mutation mutation, Saw saw) {
  ScopeDatabase& disk = disk_.at(topic);
  for (Operation& operation : mutation.operations) {
    std::int64_t seen_ts = 0;
    operation.base = 0;
    const auto document = disk.documents.find(operation.id);
    const auto tombstone = disk.tombstones.find(operation.id);
    if (document != disk.documents.end()) {
      operation.base = document->second.version;
      seen_ts = document->second.ts;
    } else if (saw == Saw::tombstone && tombstone != disk.tombstones.end()) {
      operation.base = tombstone->second.version;
      seen_ts = tombstone->second.ts;
    }
    if (saw == Saw::nothing) operation.base.reset();
    // A coarse clock, so that two phones often say the same.
    const std::int64_t clock = (parts_.timeline.now_ms() + clock_offset_ms) / 50 * 50;
    disk.last_ts = std::max({clock, seen_ts + 1, disk.last_ts + 1, std::int64_t{1}});
    operation.ts = disk.last_ts;
  }
  const std::size_t wish = parts_.journal.wish(parts_.number, topic, mutation);
  disk.outbox.push_back({wish, std::move(mutation), 0, false});
}

void Phone::send(const std::string& topic, ScopeDatabase& disk, Session& session) {
  if (!session.opened || disk.moving || disk.epoch.empty() || !parts_.may(topic, Right::write)) return;
  while (session.sent < std::min(disk.outbox.size(), window)) {
    InMessage message{disk.epoch, disk.src, 0, {}};
    if (session.sent == 0) session.heard_ms = parts_.timeline.now_ms();
    for (; session.sent < std::min(disk.outbox.size(), window) &&
           message.mutations.size() < mutations_a_message;
         ++session.sent) {
      Waiting& waiting = disk.outbox[session.sent];
      if (waiting.n == 0) {
        waiting.n = ++disk.last_n;
        parts_.journal.numbered(waiting.wish, key(topic, waiting.n));
      }
      if (message.n == 0) message.n = waiting.n;
      message.mutations.push_back(waiting.mutation);
    }
    parts_.broker.publish(parts_.client, {topic + "/in", encode(message)});
  }
}

}  // namespace msync::sim
