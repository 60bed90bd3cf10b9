#include "cli/uploader.h"

#include <algorithm>
#include <utility>

#include "core/json.h"

namespace msync {
namespace {

/// Around the operations: braces, names, epoch and src.
constexpr std::size_t message_overhead_bytes = 512;
/// Around one operation's id and data: names, numbers of up to 16 digits.
constexpr std::size_t operation_overhead_bytes = 128;

/// Acks of messages that were under way when one before them was lost all report the same gap.
constexpr std::int64_t same_gap_ms = 2'000;

}  // namespace

Uploader::Uploader(std::string scope, std::string src, ServerLimits limits, Listener listener)
    : scope_(std::move(scope)), src_(std::move(src)), limits_(limits), listener_(std::move(listener)) {}

bool Uploader::add(Operation operation, std::size_t bytes) {
  const std::size_t all = bytes + json_quoted(operation.id).size() + operation_overhead_bytes;
  if (all + message_overhead_bytes > limits_.max_payload_bytes) return false;
  outbox_.push_back({std::move(operation), all});
  return true;
}

std::optional<InMessage> Uploader::due(std::int64_t now_ms, const std::string& epoch) {
  if (now_ms < not_before_ms_) return std::nullopt;
  if (sent_ == outbox_.size()) {
    if (outbox_.empty() || now_ms - heard_ms_ < patience_ms_) return std::nullopt;
    patience_ms_ = std::min(2 * patience_ms_, longest_answer_ms);
    send_again(0);
  }
  if (sent_ == 0) heard_ms_ = now_ms;
  InMessage message{.epoch = epoch, .src = src_, .n = first_n_ + sent_, .mutations = {}};
  std::size_t bytes = message_overhead_bytes;
  for (; sent_ < outbox_.size() && message.mutations.size() < limits_.max_mutations; ++sent_) {
    bytes += outbox_[sent_].bytes;
    if (bytes > limits_.max_payload_bytes) break;  // never the first: add() saw to that
    message.mutations.push_back({.operations = {outbox_[sent_].operation}});
  }
  return message;
}

Uploader::Heard Uploader::on_ack(const Ack& ack, std::int64_t now_ms) {
  if (ack.scope != scope_ || ack.src != src_) return Heard::fine;
  if (ack.stale) return Heard::restored;
  if (ack.gap) {
    if (ack.n + 1 < first_n_) return Heard::lost_tail;
    if (ack.n == last_gap_n_ && now_ms - last_gap_ms_ < same_gap_ms) return Heard::fine;
    last_gap_n_ = ack.n;
    last_gap_ms_ = now_ms;
    send_again(std::min<std::uint64_t>(ack.n + 1 - first_n_, outbox_.size()));
    return Heard::fine;
  }
  for (const MutationResult& result : ack.results) {
    if (result.n < first_n_ || result.n > last_n()) continue;
    Pending& pending = outbox_[result.n - first_n_];
    if (std::exchange(pending.answered, true)) continue;
    heard_ms_ = now_ms;
    patience_ms_ = answer_ms;
    if (listener_) listener_(pending.operation.id, result);
  }
  while (!outbox_.empty() && outbox_.front().answered) {
    outbox_.pop_front();
    ++first_n_;
    if (sent_ > 0) --sent_;
  }
  return Heard::fine;
}

void Uploader::connected() {
  send_again(0);
}

void Uploader::send_again(std::size_t from) {
  sent_ = std::min(sent_, from);
}

}  // namespace msync
