#include "bridge/pull_service.h"

#include <spdlog/spdlog.h>

namespace msync {

PullService::PullService(StoreReader& reader, Outbox& outbox, ServerTime& time, std::string epoch,
                         Metrics* metrics)
    : reader_(reader), outbox_(outbox), time_(time), epoch_(std::move(epoch)), metrics_(metrics) {}

void PullService::note(PullEnd end) {
  if (metrics_ != nullptr) metrics_->pull_ended(end);
}

std::size_t PullService::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.load().messages;
}

/// True if there is room for this user now.
bool PullService::make_room(const std::string& user) {
  const std::size_t own = queue_.load_of(user).messages;
  if (own >= limits::waiting_pulls / 2) return false;
  if (queue_.load().messages < limits::waiting_pulls) return true;
  const std::string* most = queue_.heaviest([](const auto& load) { return load.messages; });
  if (most == nullptr || queue_.load_of(*most).messages <= own + 1) return false;
  queue_.drop_newest(std::string(*most));
  note(PullEnd::dropped);
  return true;
}

void PullService::push(Inbound&& message) {
  // One that is too long is refused all the same when its turn comes; until then it takes no more room than others.
  if (message.payload.size() > limits::max_pull_bytes) message.payload.resize(limits::max_pull_bytes + 1);
  const std::lock_guard lock(mutex_);
  const std::string user = message.stamp.user;
  Inbound* same = queue_.find(user, [&](const Inbound& waiting) {
    return waiting.stamp.client == message.stamp.client && waiting.scope == message.scope;
  });
  if (same != nullptr) {
    *same = std::move(message);
    note(PullEnd::replaced);
  } else if (make_room(user)) {
    const std::size_t bytes = message.bytes();
    queue_.push(user, std::move(message), bytes);
  } else {
    note(PullEnd::dropped);
  }
  arrived_.notify_one();
}

void PullService::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  arrived_.notify_all();
}

bool PullService::next(Inbound& message) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return !queue_.empty() || stopping_; });
  if (stopping_) return false;
  message = *queue_.pop();
  return true;
}

void PullService::run() {
  Inbound message;
  while (next(message)) {
    try {
      answer(message);
    } catch (const StoreError& error) {
      // The client asks again; a reader that could not read does not stop the others.
      note(PullEnd::failed);
      spdlog::error("event=pull_failed scope={} reason=\"{}\"", json_quoted(message.scope), error.what());
    }
  }
}

void PullService::answer(const Inbound& message) {
  const std::string inbox = "sync/" + message.stamp.client;
  auto pull = decode_pull(message.payload);
  if (!pull) {
    const Notice notice{pull.error().code, pull.error().message, message.topic, "", "", 0, {}, {}};
    note(PullEnd::refused);
    outbox_.push({inbox + "/notice", encode(notice)});
    return;
  }
  PullAnswer pages(std::move(*pull), message.stamp.user, message.scope, epoch_);
  send_pages(pages, message);
  if (pages.above_head()) {
    spdlog::warn(
        "event=pull_above_head scope={} client={} remedy=\"if many clients say so, the store has lost its "
        "tail\"",
        json_quoted(message.scope), json_quoted(message.stamp.client));
  }
}

void PullService::send_pages(PullAnswer& pages, const Inbound& message) {
  const auto began = Metrics::Clock::now();
  std::size_t sent = 0, bytes = 0;
  while (auto page = pages.next(reader_, time_.now_ms())) {
    Publish out{"sync/" + message.stamp.client + "/delta/" + message.scope, std::move(*page)};
    out.content_type = pages.content_type();
    out.expiry_s = limits::delta_expiry_s;
    sent += 1;
    bytes += out.payload.size();
    if (!outbox_.push_page(std::move(out))) return;
  }
  if (metrics_ != nullptr) metrics_->pull_answered(sent, bytes, Metrics::Clock::now() - began);
}

}  // namespace msync
