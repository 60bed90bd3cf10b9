#include "bridge/publisher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "bridge/log_messages.h"
#include "bridge/tail.h"

namespace msync {
namespace {

constexpr std::size_t messages_a_turn = 64;  // so that acks, heads and deltas take turns
constexpr int idle_ms = 1000;
constexpr int gate_retry_ms = 5000;

const char* json_type = "application/json";

}  // namespace

Publisher::Publisher(Parts parts)
    : parts_(std::move(parts)), door_(parts_.link, parts_.reader, parts_.time), announced_(parts_.identity) {}

void Publisher::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void Publisher::stop() {
  stopping_ = true;
  wake();
}

void Publisher::revocations_changed() {
  door_.revocations_changed();
  wake();
}

void Publisher::connected() {
  connection_ += 1;
  ready_ = false;
  arrived_ = true;
  if (parts_.metrics != nullptr) parts_.metrics->connected();
  wake();
}

void Publisher::disconnected() {
  connection_ += 1;
  ready_ = false;
  arrived_ = false;
  parts_.cursors.connection_lost();
  parts_.on_ready(false);
  const std::lock_guard lock(mutex_);
  retained_status_.reset();
}

void Publisher::status_seen(const std::string& payload) {
  const std::lock_guard lock(mutex_);
  retained_status_ = payload;
}

void Publisher::wait_for_work() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::milliseconds(arrived_ ? gate_retry_ms : idle_ms), [&] { return woken_; });
  woken_ = false;
}

bool Publisher::drained() const {
  return unsent_.empty() && parts_.outbox.empty() && parts_.cursors.idle();
}

void Publisher::run(int drain_ms) {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  while (true) {
    if (stopping_ && !deadline)
      deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(drain_ms);
    if (deadline && (drained() || !ready_ || std::chrono::steady_clock::now() > *deadline)) break;
    if (arrived_) arrive();
    bool worked = false;
    if (ready_) {
      worked = send_outbox();
      worked = send_heads() || worked;
      worked = send_tail() || worked;
      worked = door_.keep_up(parts_.collections()) || worked;
      announce_raised_boot();
    }
    if (!worked) wait_for_work();
  }
  if (ready_) {
    announce(false);
    parts_.link.drain(drain_ms);
  }
}

void Publisher::arrive() {
  const std::uint64_t connection = connection_;
  const auto fault = parts_.gate.pass(parts_.link);
  if (fault) {
    if (parts_.link.is_connected()) spdlog::error("event=gate_closed reason=\"{}\"", *fault);
    return;
  }
  if (!arrived_.exchange(false)) return;
  if (!door_.tell_all(parts_.collections()) || connection != connection_)
    return;  // all again on the next one
  note_lost_heads();
  announce(true);
  ready_ = true;
  spdlog::info("event=ready epoch={} boot={}", parts_.identity.epoch, parts_.identity.boot);
  parts_.on_ready(true);
}

Publish Publisher::status(bool online) const {
  const std::lock_guard lock(mutex_);
  Publish message{"sync/status",
                  encode(ServerStatus{online, announced_.epoch, announced_.boot, parts_.version})};
  message.retained = true;
  message.content_type = json_type;
  return message;
}

void Publisher::announce(bool online) {
  parts_.link.publish(status(online));
}

void Publisher::boot_raised(std::uint64_t boot) {
  auto heads = parts_.cursors.heads();
  const std::lock_guard lock(mutex_);
  raised_ = RaisedBoot{boot, std::move(heads)};
  woken_ = true;
  wake_.notify_all();
}

void Publisher::announce_raised_boot() {
  {
    const std::lock_guard lock(mutex_);
    // Lost heads on their way are not known to the cursors.
    if (!raised_ || !lost_heads_.empty() || !parts_.cursors.reached(raised_->heads_before)) return;
    announced_.boot = raised_->boot;
    raised_.reset();
  }
  announce(true);
}

/// The retained status stands for all retained messages.
void Publisher::note_lost_heads() {
  std::uint64_t since = 0;
  {
    const std::lock_guard lock(mutex_);
    since = heads_lost_since(retained_status_, announced_);
  }
  lost_heads_ = parts_.reader.view()->scopes_since(since);
  if (!lost_heads_.empty())
    spdlog::info("event=heads_republished scopes={} since_boot={}", lost_heads_.size(), since);
}

bool Publisher::send_outbox() {
  if (unsent_.empty()) unsent_ = parts_.outbox.pop(messages_a_turn);
  std::size_t sent = 0;
  while (sent < unsent_.size() && parts_.link.publish(unsent_[sent])) ++sent;
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  return sent > 0;
}

bool Publisher::send_heads() {
  const std::size_t turn = std::min(messages_a_turn, lost_heads_.size());
  for (std::size_t i = 0; i < turn; ++i) {
    const auto view = parts_.reader.view();
    const auto scope = view->scope(lost_heads_.back().id);
    if (scope && (!send_documents(*view, *scope) || !publish_delta(head_delta(*scope), 0))) return false;
    lost_heads_.pop_back();
  }
  return turn > 0;
}

/// All of them, where the collection retains documents: it is for small scopes.
bool Publisher::send_documents(View& view, const ScopeRow& scope) {
  const auto collections = parts_.collections();
  const Collection* collection = collections->find(scope.collection);
  if (collection == nullptr || !collection->retain_docs) return true;
  for (Delta delta; delta.to < scope.seq;) {
    delta = cut_delta(view, scope, delta.to, {limits::page_entities, limits::live_delta_bytes});
    if (!publish_documents(scope, delta)) return false;
  }
  return true;
}

bool Publisher::send_tail() {
  const auto work = parts_.cursors.next();
  if (!work) return false;
  const auto view = parts_.reader.view();
  const auto scope = view->scope(work->scope);
  if (!scope) return false;
  Delta delta = live_delta(*view, *scope, work->from);
  parts_.cursors.sent(scope->id, delta.to, delta.head);
  const bool gap = delta.from > work->from;
  if (!door_.changed(*scope, delta, gap) || !publish_documents(*scope, delta)) {
    parts_.cursors.failed(scope->id);
    return false;
  }
  patches_.shorten(scope->id, delta);
  if (publish_delta(delta, scope->id)) return true;
  parts_.cursors.failed(scope->id);
  return false;
}

bool Publisher::publish_delta(const Delta& delta, std::int64_t scope) {
  std::function<void(Published)> done = [cursors = &parts_.cursors, scope,
                                         to = delta.to](Published published) {
    if (scope == 0) return;
    // Refused for a reason: once more would be refused again. Readers notice the gap and pull.
    const bool refused = !published.ok && published.reason != 0;
    if (refused) spdlog::error("event=delta_refused reason=0x{:02x}", published.reason);
    published.ok || refused ? cursors->acked(scope, to) : cursors->failed(scope);
  };
  const auto messages = log_messages(delta, parts_.identity.epoch, parts_.time.now_ms());
  for (const Publish& message : messages) {
    if (!parts_.link.publish(message, std::exchange(done, nullptr))) return false;
  }
  if (parts_.metrics != nullptr && scope != 0) parts_.metrics->delta_sent(messages.front().payload.size());
  return true;
}

bool Publisher::publish_documents(const ScopeRow& scope, const Delta& delta) {
  const auto collections = parts_.collections();
  for (const Publish& message : document_messages(collections->find(scope.collection), delta)) {
    if (!parts_.link.publish(message)) return false;
  }
  return true;
}

}  // namespace msync
