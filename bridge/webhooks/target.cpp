#include "bridge/webhooks/target.h"

#include <spdlog/spdlog.h>

#include <bit>

#include "bridge/webhooks/signature.h"
#include "core/json.h"

namespace msync {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Of an answer's body; it is read so that the connection can be used again, and not looked at.
constexpr std::size_t answer_bytes = 64 * 1024;

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now().time_since_epoch()).count();
}

/// What receivers compare with their own clocks; ServerTime may be ahead of the real one.
std::int64_t unix_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

WebhookTarget::WebhookTarget(Parts parts)
    : parts_(std::move(parts)),
      backlog_(parts_.config.offline_only ? parts_.config.wait_ms : 0, parts_.config.connections),
      dice_(std::random_device{}()) {
  counters_.name = parts_.config.name;
}

WebhookTarget::~WebhookTarget() {
  stop({});
  join();
}

void WebhookTarget::touch(const Touched& touched) {
  if (!parts_.config.wants(touched.scope.collection)) return;
  const std::lock_guard lock(mutex_);
  backlog_.touch(touched.scope.id, touched.head_before, touched.scope.seq, steady_ms());
  woken_.notify_one();
}

void WebhookTarget::behind(const ScopeRow& scope, std::uint64_t cursor) {
  if (!parts_.config.wants(scope.collection) || cursor >= scope.seq) return;
  const std::lock_guard lock(mutex_);
  backlog_.behind(scope.id, cursor, scope.seq, steady_ms());
}

void WebhookTarget::start() {
  for (std::size_t i = 0; i < parts_.config.connections; ++i) threads_.emplace_back([this] { run(); });
}

void WebhookTarget::stop(std::chrono::milliseconds grace) {
  const std::lock_guard lock(mutex_);
  break_off_at_ = SteadyClock::now() + grace;
  stopping_ = true;
  woken_.notify_all();
}

void WebhookTarget::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool WebhookTarget::broken_off() const {
  return stopping_ && SteadyClock::now() >= break_off_at_.load();
}

void WebhookTarget::run() try {
  HttpClient client;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (const auto work = backlog_.next(steady_ms())) {
      lock.unlock();
      work_on(*work, client);
      lock.lock();
      woken_.notify_all();
    } else if (const auto at_ms = backlog_.next_at_ms()) {
      woken_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(1, *at_ms - steady_ms())));
    } else {
      woken_.wait(lock);
    }
  }
} catch (const std::exception& error) {
  parts_.fatal("webhook " + parts_.config.name + ": " + error.what());
}

void WebhookTarget::work_on(const Backlog::Work& work, HttpClient& client) {
  Attempt attempt;
  try {
    std::string topic;
    Delivery delivery = read(work, topic);
    const bool nothing = delivery.body.empty();
    const std::uint64_t to = delivery.to;
    {
      const std::lock_guard lock(mutex_);
      backlog_.cut(work.scope, to, delivery.all);
    }
    if (!nothing) attempt = post(std::move(delivery), client);
    attempt.scope = topic;
    if (nothing || attempt.arrived) return succeeded(work, attempt, to);
  } catch (const StoreError& error) {
    if (error.kind == StoreError::Kind::corrupt) throw;
    attempt.why = error.what();
  }
  failed(work, attempt);
}

Delivery WebhookTarget::read(const Backlog::Work& work, std::string& topic) {
  const DeliveryContext context{parts_.config, parts_.epoch, parts_.time.now_ms()};
  Delivery delivery;
  parts_.read([&](View& view) {
    const auto scope = view.scope(work.scope);
    if (!scope) throw StoreError(StoreError::Kind::corrupt, "a scope has gone");
    topic = scope->topic;
    delivery = parts_.config.offline_only
                   ? offline_delivery(context, view, *scope, work.to.value_or(scope->seq))
                   : delta_delivery(context, view, *scope, work.from, work.to);
  });
  return delivery;
}

WebhookTarget::Attempt WebhookTarget::post(Delivery&& delivery, HttpClient& client) {
  HttpCall request{parts_.config.url, "POST"};
  request.headers = webhook_headers(parts_.config.keys, delivery.id, unix_s(), delivery.body);
  request.body = std::move(delivery.body);
  request.ca_file = parts_.config.ca_file;
  request.max_bytes = answer_bytes;
  request.timeout_ms = parts_.config.timeout_ms;
  request.interrupted = [this] { return broken_off(); };
  const auto answer = client.send(request);
  Attempt attempt;
  if (!answer) {
    attempt.why = answer.error().message;
  } else {
    attempt.arrived = answer->status >= 200 && answer->status < 300;
    attempt.why = "the answer is " + std::to_string(answer->status);
    attempt.asked_pause_ms = answer->retry_after_ms;
  }
  return attempt;
}

void WebhookTarget::succeeded(const Backlog::Work& work, const Attempt& attempt, std::uint64_t to) {
  parts_.progress.moved(parts_.config.name, work.scope, to);
  const std::lock_guard lock(mutex_);
  if (attempt.arrived) counters_.delivered += 1;
  const std::uint32_t failures = backlog_.failures(work.scope);
  if (failures > 0)
    spdlog::info("event=webhook_recovered webhook={} scope={} failures={}", parts_.config.name,
                 json_quoted(attempt.scope), failures);
  backlog_.delivered(work.scope, to, steady_ms());
}

/// Logged at a scope's 1st, 2nd, 4th, … failure in a row, or the receiver's where everything waits for it.
void WebhookTarget::failed(const Backlog::Work& work, const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  if (broken_off()) return backlog_.given_up(work.scope);
  counters_.failures += 1;
  const double dice = std::uniform_real_distribution<double>(0, 1)(dice_);
  backlog_.failed(work.scope, steady_ms(), attempt.asked_pause_ms, dice);
  const std::uint32_t receiver = backlog_.receiver_failures();
  const std::uint32_t failures = receiver > 0 ? receiver : backlog_.failures(work.scope);
  if (!std::has_single_bit(failures)) return;
  spdlog::warn("event=webhook_failed webhook={} scope={} reason=\"{}\" failures={} held_up={} action=retry",
               parts_.config.name, json_quoted(attempt.scope), attempt.why, failures,
               receiver > 0 ? "all" : "scope");
}

WebhookStats WebhookTarget::stats() const {
  const std::lock_guard lock(mutex_);
  WebhookStats stats = counters_;
  stats.waiting = backlog_.scopes();
  stats.lag_ms = backlog_.lag_ms(steady_ms());
  return stats;
}

}  // namespace msync
