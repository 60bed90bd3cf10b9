#include "bridge/webhooks/progress.h"

#include <utility>

namespace msync {
namespace {

constexpr std::chrono::seconds between_stores(1);

}  // namespace

void WebhookProgress::moved(const std::string& name, std::int64_t scope, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  marks_.cursors[name][scope] = seq;
}

void WebhookProgress::configured(WebhookMarks marks) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, cursors] : marks.cursors) marks_.cursors[name].merge(cursors);
  marks_.keep = std::move(marks.keep);
  urgent_ = true;
}

WebhookMarks WebhookProgress::take(bool all) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!all && !urgent_ && now < next_) return {};
  next_ = now + between_stores;
  urgent_ = false;
  return std::exchange(marks_, {});
}

void WebhookProgress::put_back(WebhookMarks&& marks) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, cursors] : marks.cursors) marks_.cursors[name].merge(cursors);  // the newer ones stay
  if (!marks_.keep) marks_.keep = std::move(marks.keep);
}

}  // namespace msync
