#include "bridge/pipeline.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>

namespace msync {
namespace {

constexpr int idle_wait_ms = 50;  // how late a cursor is stored when nothing else is written
constexpr int retry_pause_ms = 200;

}  // namespace

Pipeline::Pipeline(Parts parts)
    : parts_(std::move(parts)),
      committer_(std::move(parts_.store), parts_.reopen, parts_.revoking),
      next_boot_(std::chrono::steady_clock::now() + std::chrono::milliseconds(parts_.boot_interval_ms)) {}

void Pipeline::set_ready(bool ready) {
  ready_ = ready;
  parts_.inbox.set_stalled(!ready);
}

void Pipeline::give_up() {
  giving_up_ = true;
}

void Pipeline::pause(int wait_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
}

void Pipeline::run() {
  while (!giving_up_) {
    store_accepted();
    store_webhooks(false);
    if (!ready_ && !parts_.inbox.closed()) {
      pause(idle_wait_ms);
      continue;
    }
    std::vector<Inbound> batch = parts_.inbox.pop(limits::batch_mutations, idle_wait_ms);
    auto acked = parts_.cursors.take_acked();
    unsaved_cursors_.insert(unsaved_cursors_.end(), acked.begin(), acked.end());
    if (batch.empty() && unsaved_cursors_.empty()) {
      if (parts_.inbox.closed()) return store_webhooks(true);
      keep_house();
      continue;
    }
    std::size_t taken = 0;
    do {
      taken = commit(batch);
    } while (!giving_up_ && failing_);
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(taken));
    if (!giving_up_)
      parts_.inbox.put_back(std::move(batch));  // whoever came meanwhile has his turn before most of it
    keep_house();
  }
}

std::size_t Pipeline::commit(std::span<const Inbound> batch) {
  try {
    const auto began = Metrics::Clock::now();
    Committed committed = committer_.commit(batch, parts_.time.now_ms(), unsaved_cursors_);
    const auto stored = Metrics::Clock::now();
    note_success();
    hand_over(committed);
    if (parts_.metrics != nullptr)
      parts_.metrics->committed(committed, batch.first(committed.messages), began, stored);
    if (parts_.rejections != nullptr) parts_.rejections->add(std::move(committed.rejections));
    return committed.messages;
  } catch (const StoreError& error) {
    note_failure(error);
    return 0;
  }
}

/// What fails here is tried again when it is due again; only damage is worth ending for.
void Pipeline::keep_house() try {
  if (giving_up_) return;
  const auto now = std::chrono::steady_clock::now();
  const auto after = [now](std::int64_t wait_ms) { return now + std::chrono::milliseconds(wait_ms); };
  if (changed_ && now >= next_boot_) {
    next_boot_ = after(parts_.boot_interval_ms);
    parts_.boot_raised(committer_.raise_boot());
    changed_ = false;
  }
  if (now >= next_sweep_) {
    next_sweep_ = after(limits::sweep_interval_ms);
    next_sweep_ = after(sweep());
    forget_revocations();
  }
} catch (const StoreError& error) {
  spdlog::warn("event=upkeep_failed reason=\"{}\" action=retry", error.what());
  if (error.kind == StoreError::Kind::corrupt) note_failure(error);
}

/// When the next is due, in ms.
std::int64_t Pipeline::sweep() {
  const Swept done = committer_.sweep(parts_.collections(), parts_.time.now_ms());
  if (parts_.metrics != nullptr) parts_.metrics->swept(done);
  if (done.tombstones + done.history > 0)
    spdlog::info("event=swept tombstones={} history={}", done.tombstones, done.history);
  return done.more ? limits::sweep_pause_ms : limits::sweep_interval_ms;
}

void Pipeline::forget_revocations() {
  const std::size_t ended = committer_.drop_revocations(parts_.time.now_ms() / 1000);
  if (ended == 0) return;
  spdlog::info("event=revocations_ended count={}", ended);
  parts_.revocations_changed();
}

void Pipeline::remember(std::vector<std::pair<std::string, std::string>> accepted) {
  const std::lock_guard lock(mutex_);
  for (auto& one : accepted) accepted_.push_back(std::move(one));
}

/// Tried once: what is not stored costs the next start another look at the documents, and nothing else.
void Pipeline::store_accepted() {
  std::vector<std::pair<std::string, std::string>> accepted;
  {
    const std::lock_guard lock(mutex_);
    accepted.swap(accepted_);
  }
  if (accepted.empty()) return;
  try {
    committer_.accept(accepted);
  } catch (const StoreError& error) {
    spdlog::warn("event=schemas_not_noted reason=\"{}\" action=\"the next start checks the documents again\"",
                 error.what());
    if (error.kind == StoreError::Kind::corrupt) note_failure(error);
  }
}

/// What could not be stored is stored later, or delivered again after the next start.
void Pipeline::store_webhooks(bool all) {
  if (parts_.webhooks == nullptr) return;
  WebhookMarks marks = parts_.webhooks->take(all);
  if (marks.empty()) return;
  try {
    committer_.save_webhooks(marks);
    if (marks.keep) spdlog::info("event=webhooks_stored webhooks={}", marks.keep->size());
  } catch (const StoreError& error) {
    spdlog::warn("event=webhooks_not_stored reason=\"{}\" action=retry", error.what());
    parts_.webhooks->put_back(std::move(marks));
    if (error.kind == StoreError::Kind::corrupt) note_failure(error);
  }
}

void Pipeline::note_success() {
  unsaved_cursors_.clear();
  if (!failing_) return;
  failing_ = false;
  spdlog::info("event=store_recovered");
  parts_.inbox.set_stalled(!ready_);
}

void Pipeline::note_failure(const StoreError& error) {
  if (error.kind == StoreError::Kind::corrupt) {
    giving_up_ = true;
    return parts_.fatal(error.what());
  }
  if (parts_.metrics != nullptr) parts_.metrics->store_failed();
  if (!failing_) spdlog::error("event=store_failed reason=\"{}\" action=retry", error.what());
  failing_ = true;
  parts_.inbox.set_stalled(true);
  pause(retry_pause_ms);
}

void Pipeline::hand_over(Committed& committed) {
  for (const Touched& touched : committed.touched) {
    parts_.cursors.touch(touched.scope.id, touched.head_before, touched.scope.seq);
  }
  for (auto& [request, answer] : committed.answers) request->done(std::move(answer));
  for (Reply& reply : committed.replies) {
    Publish message{std::move(reply.topic), std::move(reply.payload)};
    message.content_type = "application/json";
    if (!parts_.outbox.push(std::move(message))) return;
  }
  if (committed.revoked) parts_.revocations_changed();
  if (committed.touched.empty()) return;
  changed_ = true;
  parts_.wake_publisher();
  if (parts_.touched) parts_.touched(committed.touched);
}

}  // namespace msync
