// What a phone does with what arrives.
#include "tests/sim/phone.h"
#include "tests/sim/violation.h"

namespace msync::sim {

void Phone::deliver(LinkMessage&& message) {
  const std::string inbox = "sync/" + parts_.client + "/";
  if (message.topic == "sync/status") {
    const auto status = decode_status(message.payload);
    require(status.ok(), 9, "an unreadable status: " + message.payload);
    if (status->online) on_status(*status);
  } else if (message.topic.starts_with(inbox + "ack/")) {
    const auto ack = decode_ack(message.payload);
    require(ack.ok(), 8, "an unreadable ack: " + message.payload);
    require(message.payload.find("\"data\"") == std::string::npos, 7, "an ack with a document in it");
    on_ack(message.topic.substr(inbox.size() + 4), *ack);
  } else if (message.topic.starts_with(inbox + "notice")) {
    const auto notice = decode_notice(message.payload);
    require(notice.ok(), 9, "an unreadable notice: " + message.payload);
    on_notice(*notice);
  } else {
    const auto delta = decode_delta(message.payload);
    require(delta.ok(), 9, "an unreadable delta: " + message.payload);
    require(parts_.may(delta->scope, Right::read), 7,
            parts_.client + " was sent " + delta->scope + " without the right");
    delta->rid.empty() ? on_delta(delta->scope, *delta) : on_page(delta->scope, *delta);
  }
}

void Phone::on_status(const ServerStatus& status) {
  for (auto& [topic, disk] : disk_) {
    if (!disk.epoch.empty() && !is_higher_epoch(status.epoch, disk.epoch)) continue;
    const bool reads = parts_.may(topic, Right::read);
    if (!disk.epoch.empty()) disk.moving = true;
    if (!reads) {
      disk.epoch = status.epoch;
      session_[topic].opened = false;
    }
    if (reads && disk.moving && status.epoch == server_epoch_) continue;  // under way
    want_pull(topic, true);
  }
  server_epoch_ = status.epoch;
}

// ---- Answers to writes ------------------------------------------------------------------------------------

void Phone::learn(const std::string& topic, const MutationResult& result) {
  if (result.status == Status::processed) return;
  const std::size_t* wish = parts_.journal.find(key(topic, result.n));
  if (wish == nullptr) return;
  const Wish& before = parts_.journal.wishes()[*wish];
  if (before.key != key(topic, result.n)) return;  // sent again under another src, and that counts
  MutationResult told = result;
  told.duplicate = false;
  require(before.end != Wish::End::answered || before.result == told, 2,
          to_string(before.key) + " was answered " + to_string(before.result.status) + " before, now " +
              to_string(told.status));
  parts_.journal.answered(*wish, told);
}

void Phone::drop_front(const std::string& topic, ScopeDatabase& disk) {
  const Waiting& front = disk.outbox.front();
  if (parts_.journal.wishes()[front.wish].end == Wish::End::none)
    parts_.journal.ended(front.wish, Wish::End::arrived);
  disk.outbox.pop_front();
  Session& session = session_[topic];
  if (session.sent > 0) --session.sent;
  session.heard_ms = parts_.timeline.now_ms();
  session.send_pause_ms = 10'000;
}

/// Every number up to n has been processed, the server says.
void Phone::cover(const std::string& topic, ScopeDatabase& disk, std::uint64_t n, std::int64_t now_ms) {
  while (!disk.outbox.empty() && disk.outbox.front().n != 0 && disk.outbox.front().n <= n)
    drop_front(topic, disk);
  if (n <= disk.acked_n) return;
  disk.acked_n = n;
  disk.acked_now = std::max(disk.acked_now, now_ms);
}

void Phone::on_ack(const std::string& topic, const Ack& ack) {
  ScopeDatabase& disk = disk_.at(topic);
  if (ack.stale || ack.src != disk.src || ack.epoch != disk.epoch) return;
  if (ack.gap) return on_gap(topic, ack);
  if (disk.moving) return;
  if (ack.n > disk.last_n) {  // of a database that this one is an older copy of
    session_[topic].opened = false;
    return want_pull(topic);
  }
  for (const MutationResult& result : ack.results) learn(topic, result);
  cover(topic, disk, ack.n, ack.now);
  send(topic, disk, session_[topic]);
}

void Phone::on_gap(const std::string& topic, const Ack& ack) {
  ScopeDatabase& disk = disk_.at(topic);
  Session& session = session_[topic];
  if (!session.opened && !parts_.may(topic, Right::read)) return on_numbers(topic, disk, ack.n, ack.now);
  if (!session.opened || disk.moving) return;
  require(ack.n >= disk.acked_n || ack.now <= disk.acked_now, 1,
          to_string(key(topic, disk.acked_n)) + " was acknowledged; now the server has only " +
              std::to_string(ack.n));
  if (ack.n < disk.acked_n || parts_.timeline.now_ms() - session.gap_ms < 1000) return;
  session.gap_ms = parts_.timeline.now_ms();
  cover(topic, disk, ack.n, ack.now);
  session.sent = 0;
  send(topic, disk, session);
}

// ---- Numbers, epochs, sources -----------------------------------------------------------------------------

/// How far the server has processed this src: the answer that opens a database.
void Phone::on_numbers(const std::string& topic, ScopeDatabase& disk, std::uint64_t n, std::int64_t now_ms) {
  session_[topic].opened = true;
  if (disk.moving) return finish_move(topic, disk, n);
  require(
      n >= disk.acked_n || now_ms <= disk.acked_now, 1,
      to_string(key(topic, disk.acked_n)) + " was acknowledged; now the server knows " + std::to_string(n));
  cover(topic, disk, n, now_ms);
  if (n > disk.last_n) take_new_src(topic, disk);  // the device was restored from a backup
}

/// To the history that a restore of the server began.
void Phone::finish_move(const std::string& topic, ScopeDatabase& disk, std::uint64_t n) {
  for (std::uint64_t lost = n + 1; lost <= disk.acked_n; ++lost) {
    if (const std::size_t* wish = parts_.journal.find(key(topic, lost)))
      parts_.journal.ended(*wish, Wish::End::missing);
  }
  while (!disk.outbox.empty() && disk.outbox.front().n != 0 && disk.outbox.front().n <= n)
    drop_front(topic, disk);
  take_new_src(topic, disk);
  disk.moving = false;
  for (Waiting& waiting : disk.outbox) {
    for (Operation& operation : waiting.mutation.operations) {
      if (!operation.base) continue;
      const auto document = disk.documents.find(operation.id);
      operation.base = document == disk.documents.end() ? 0 : document->second.version;
    }
    parts_.journal.rewritten(waiting.wish, waiting.mutation);
  }
}

void Phone::take_new_src(const std::string& topic, ScopeDatabase& disk) {
  disk.src = new_src();
  disk.last_n = disk.acked_n = 0;
  disk.acked_now = 0;
  for (Waiting& waiting : disk.outbox) {
    waiting.n = 0;
    waiting.arrived = false;
  }
  session_[topic].sent = 0;
  session_[topic].rid.clear();
}

void Phone::on_notice(const Notice& notice) {
  if (notice.code == Code::revoked) return leave_scope(notice.scope);
  const std::string pull = "/pull";
  if (notice.code == Code::denied && notice.topic.ends_with(pull))
    leave_scope(notice.topic.substr(0, notice.topic.size() - pull.size()));
}

/// The data leaves the device, after the outbox was handed to the app.
void Phone::leave_scope(const std::string& topic) {
  if (parts_.may(topic, Right::read)) return;  // granted again meanwhile
  ScopeDatabase& disk = disk_.at(topic);
  for (const Waiting& waiting : disk.outbox) parts_.journal.ended(waiting.wish, Wish::End::handed_over);
  parts_.journal.forget(parts_.number, topic);
  disk = ScopeDatabase{};
  disk.src = new_src();
  session_[topic] = Session{};
  session_[topic].subscribed_ms = parts_.timeline.now_ms();
}

// ---- Deltas -----------------------------------------------------------------------------------------------

void Phone::on_delta(const std::string& topic, const Delta& delta) {
  ScopeDatabase& disk = disk_.at(topic);
  if (delta.epoch != disk.epoch || disk.in_snapshot) return;
  session_[topic].head_heard = true;
  apply(topic, disk, delta);
}

void Phone::on_page(const std::string& topic, const Delta& page) {
  ScopeDatabase& disk = disk_.at(topic);
  Session& session = session_[topic];
  const bool mine = page.rid == session.rid;
  if (page.reset) {
    if (!mine || (session.reset_taken && disk.in_snapshot && page.snap == disk.snap)) return;
    session.reset_taken = true;
    begin_snapshot(disk, page);
  }
  if (page.epoch != disk.epoch || (disk.in_snapshot && !mine)) return;
  // The first page of its snapshot was lost, and with it what was purged.
  if (page.snap != (disk.in_snapshot ? disk.snap : 0)) return want_pull(topic, mine);
  if (!apply(topic, disk, page) || !mine) return;
  session.head_heard = true;
  session.pull_pause_ms = 1000;
  session.pull_at_ms = parts_.timeline.now_ms() + 10'000;
  const bool at_head = page.to == page.head;
  if (page.last) session.rid.clear();
  if (page.last && !at_head) want_pull(topic, true);
  if (!page.n || !at_head) return;
  for (const MutationResult& outcome : page.outcomes) learn(topic, outcome);
  on_numbers(topic, disk, *page.n, page.now);
}

void Phone::begin_snapshot(ScopeDatabase& disk, const Delta& page) {
  if (!disk.epoch.empty() && page.epoch != disk.epoch) {
    disk.moving = true;
    disk.tombstones.clear();
  }
  disk.epoch = page.epoch;
  disk.seq = disk.whole_at = 0;
  disk.snap = page.snap;
  disk.in_snapshot = true;
  for (auto& [id, document] : disk.documents) document.marked = false;
}

/// What no page has named is gone.
void Phone::end_snapshot(ScopeDatabase& disk) {
  disk.in_snapshot = false;
  disk.snap = 0;
  std::erase_if(disk.documents, [](const auto& item) { return !item.second.marked; });
}

/// False if something before it is missing; then it is asked for.
bool Phone::apply(const std::string& topic, ScopeDatabase& disk, const Delta& delta) {
  require(delta.from <= delta.to && delta.to <= delta.head, 3,
          "a delta from " + std::to_string(delta.from) + " to " + std::to_string(delta.to) + ", head " +
              std::to_string(delta.head));
  if (delta.from > disk.seq) {
    want_pull(topic, !delta.rid.empty());
    return false;
  }
  if (delta.to > disk.seq || delta.reset) {
    if (!holds_bases(disk, delta)) {
      want_pull(topic, !delta.rid.empty());
      return false;
    }
    for (const Change& change : delta.changes) {
      if (apply(topic, disk, change)) disk.acked_now = std::max(disk.acked_now, delta.now);
    }
    disk.seq = delta.to;
    disk.whole_at = std::max(disk.whole_at, delta.head);
  }
  while (!disk.outbox.empty() && disk.outbox.front().arrived) {
    const std::uint64_t n = disk.outbox.front().n;
    cover(topic, disk, n, delta.now);
  }
  if (disk.in_snapshot && delta.to == delta.head && disk.seq == delta.to) end_snapshot(disk);
  check_digest(topic, disk, delta);
  return true;
}

/// A patch is of the very version that it names. What is not newer than the phone's state it has already.
bool Phone::holds_bases(const ScopeDatabase& disk, const Delta& delta) {
  for (const Change& change : delta.changes) {
    if (!change.base || change.seq <= disk.seq) continue;
    require(delta.rid.empty(), 4, "a page with a patch");
    const auto held = disk.documents.find(change.id);
    if (held == disk.documents.end() || held->second.version != *change.base) return false;
  }
  return true;
}

/// True if it is a write of its own that it was waiting for.
bool Phone::apply(const std::string& topic, ScopeDatabase& disk, const Change& change) {
  require(!change.id.empty() && change.version > 0 && (change.deleted || change.base || !change.data.empty()),
          4, "a change of " + topic + " without content: " + encode(change));
  Document document{change.version, change.ts, change.by, {}, true};
  if (change.deleted) {
    disk.documents.erase(change.id);
    disk.tombstones[change.id] = document;
  } else {
    if (change.base && change.seq > disk.seq) {
      document.data = disk.documents.at(change.id).data;
      document.data.merge_patch(Json::parse(change.patch));
    } else if (change.base) {
      document = disk.documents.at(change.id);
      document.marked = true;
    } else {
      document.data = Json::parse(change.data);
    }
    disk.tombstones.erase(change.id);
    disk.documents[change.id] = document;
  }
  if (change.by != parts_.user || change.src != disk.src || disk.moving) return false;
  bool mine = false;
  for (Waiting& waiting : disk.outbox) {
    if (waiting.n == 0 || waiting.n != change.n) continue;
    mine = waiting.arrived = true;
  }
  return mine;
}

void Phone::check_digest(const std::string& topic, const ScopeDatabase& disk, const Delta& delta) {
  if (delta.digest.empty() || disk.seq != delta.to || disk.in_snapshot || disk.seq < disk.whole_at) return;
  require(disk.digest() == delta.digest && disk.documents.size() == delta.count, 4,
          parts_.client + " at seq " + std::to_string(disk.seq) + " of " + topic + " holds " +
              std::to_string(disk.documents.size()) + " documents, digest " + disk.digest() +
              "; the server " + std::to_string(delta.count.value_or(0)) + ", " + delta.digest);
}

}  // namespace msync::sim
