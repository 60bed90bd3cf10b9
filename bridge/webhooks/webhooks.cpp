#include "bridge/webhooks/webhooks.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace msync {
namespace {

/// What a POST that is under way may still take when its webhook ends: a receiver that answers does so in less, and
/// what is broken off is posted again.
constexpr std::chrono::milliseconds grace(2000);

using Targets = std::vector<std::shared_ptr<WebhookTarget>>;

void end_all(const Targets& targets) {
  for (const auto& target : targets) target->stop(grace);
  for (const auto& target : targets) target->join();
}

}  // namespace

Webhooks::Webhooks(Parts parts) : parts_(std::move(parts)), targets_(std::make_shared<const Targets>()) {}

void Webhooks::read(const std::function<void(View&)>& use) {
  const std::lock_guard lock(reading_);
  try {
    if (!reader_) reader_ = parts_.open_reader();
    use(*reader_->view());
  } catch (const StoreError&) {
    reader_.reset();  // nobody knows in which state it is
    throw;
  }
}

std::shared_ptr<WebhookTarget> Webhooks::make(const WebhookConfig& config) {
  return std::make_shared<WebhookTarget>(WebhookTarget::Parts{
      config, parts_.epoch(), [this](const auto& use) { read(use); }, progress_, parts_.time, parts_.fatal});
}

void Webhooks::configure(const std::vector<WebhookConfig>& configs) {
  const auto before = targets_.load();
  auto now = std::make_shared<Targets>();
  Targets fresh;
  for (const WebhookConfig& config : configs) {
    const auto same = std::find_if(before->begin(), before->end(),
                                   [&](const auto& target) { return target->config() == config; });
    now->push_back(same == before->end() ? fresh.emplace_back(make(config)) : *same);
  }
  Targets ended;
  std::copy_if(before->begin(), before->end(), std::back_inserter(ended),
               [&](const auto& target) { return std::find(now->begin(), now->end(), target) == now->end(); });
  // From here on they are told what moves; what moved before, the view shows.
  targets_ = now;
  end_all(ended);
  WebhookMarks marks;
  marks.keep.emplace();
  for (const WebhookConfig& config : configs) marks.keep->push_back(config.name);
  read([&](View& view) {
    const auto scopes = view.scopes();
    for (const auto& target : fresh) begin(*target, scopes, view, marks);
  });
  progress_.configured(std::move(marks));
  for (const auto& target : fresh) target->start();
}

/// One that the store does not know begins at the heads, and at the start of every scope that comes later.
void Webhooks::begin(WebhookTarget& target, const std::vector<ScopeRow>& scopes, View& view,
                     WebhookMarks& marks) {
  const WebhookConfig& config = target.config();
  auto cursors = view.webhook(config.name);
  const bool begins = !cursors.contains(webhook_begun_scope);
  if (begins) {
    cursors = {{webhook_begun_scope, 0}};
    if (!config.from_start)
      for (const ScopeRow& scope : scopes) cursors.emplace(scope.id, scope.seq);
    marks.cursors[config.name] = cursors;
  }
  for (const ScopeRow& scope : scopes) {
    const auto cursor = cursors.find(scope.id);
    target.behind(scope, cursor == cursors.end() ? 0 : cursor->second);
  }
  spdlog::info("event=webhook webhook={} from={} scopes_behind={}", config.name,
               !begins             ? "cursor"
               : config.from_start ? "start"
                                   : "now",
               target.stats().waiting);
}

void Webhooks::touched(std::span<const Touched> scopes) {
  const auto targets = targets_.load();
  for (const auto& target : *targets)
    for (const Touched& touched : scopes) target->touch(touched);
}

void Webhooks::stop() {
  end_all(*targets_.load());
}

std::vector<WebhookStats> Webhooks::stats() const {
  const auto targets = targets_.load();
  std::vector<WebhookStats> all;
  for (const auto& target : *targets) all.push_back(target->stats());
  return all;
}

}  // namespace msync
