// The library's thread: steps, their one transaction, and what a failed one costs.
#include <algorithm>
#include <chrono>

#include "client/cpp/engine.h"

namespace msync::client {

/// Once, whatever happens later.
void Engine::answer(Step& step, const Failure& failure) {
  if (const Durable done = std::exchange(step.done, {})) done(failure);
}

void Engine::run() {
  own_thread_ = std::this_thread::get_id();
  for (;;) {
    std::vector<Step> steps = wait_for_steps();
    {
      std::lock_guard lock(mutex_);
      if (steps.empty() && stopping_) break;
    }
    if (wiped_) {
      for (Step& step : steps) answer(step, Fault{"closed", "it was wiped", ""});
      continue;
    }
    if (broken_ && now() >= reread_at_) read_again();
    if (now() >= tick_at_) steps.push_back({[this] { return tick(), Failure(); }, {}});
    commit(std::move(steps));
  }
  shut_down();
}

std::vector<Engine::Step> Engine::wait_for_steps() {
  const auto due = next_due();
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty(); };
  if (due) {
    changed_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(*due - now(), 0)), ready);
  } else {
    changed_.wait(lock, ready);
  }
  const std::size_t count = std::min(queue_.size(), bounds::steps);
  std::vector<Step> steps(std::make_move_iterator(queue_.begin()),
                          std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  changed_.notify_all();
  return steps;
}

/// Nothing: until somebody asks for something.
std::optional<std::int64_t> Engine::next_due() const {
  std::optional<std::int64_t> due = connector_->due();
  const auto also = [&due](std::int64_t at) { due = due ? std::min(*due, at) : at; };
  if (broken_) also(reread_at_);
  if (connector_->state() == Connector::State::connected) also(tick_at_);
  return due;
}

void Engine::tick() {
  tick_at_ = now() + bounds::tick_ms;
  if (connector_->state() != Connector::State::connected) return;
  if (now() >= resubscribe_at_) subscribe();
  live_->tick(now());
  client_->tick(now());
  for (const std::string& scope : views_.expire_peers(now())) observer_.on_peers(scope);
}

void Engine::commit(std::vector<Step> steps) {
  std::vector<Failure> failures;
  failures.reserve(steps.size());
  try {
    if (connector_->due() && now() >= *connector_->due()) connector_->tick(now());
    for (Step& step : steps) failures.push_back(step.run());
    Effects effects = client_->take();
    const bool clock_moved = correct_clock(effects.events);
    if (!effects.rows.empty() || clock_moved) {
      store_->commit(effects.rows, clock_moved ? std::optional(device_text()) : std::nullopt);
      standing_.erase("storage");
    }
    show(effects);
    const bool moved = show_status();
    for (const Outgoing& message : effects.outgoing) publish(message.topic, message.payload, message.qos);
    for (std::size_t i = 0; i < steps.size(); ++i) answer(steps[i], failures[i]);
    if (moved) observer_.on_status();
    tell(effects);
  } catch (const std::exception& error) {  // the store, or no memory
    crash(error.what(), steps);
  }
  if (show_status()) observer_.on_status();
}

/// The core's state is of no use any more: what is stored counts.
void Engine::crash(const std::string& why, std::vector<Step>& steps) {
  broken_ = true;
  reread_at_ = now();
  reread_pause_ = bounds::reread_min_ms;
  client_ = make_client();
  connector_->drop(now());
  for (Step& step : steps) answer(step, Fault{"storage", "nothing was stored: " + why, ""});
  fail("", {"storage", why, ""});
}

/// Without what is stored nothing can go on, and nothing may be written over it.
void Engine::read_again() {
  try {
    store_->reopen();
    const auto modes = modes_;
    client_ = make_client();
    if (connector_->state() == Connector::State::connected) client_->connected(now());
    for (const auto& [scope, reads] : modes) load(scope, reads);
    broken_ = false;
  } catch (const StoreFault& error) {
    reread_at_ = now() + reread_pause_;
    reread_pause_ = std::min(reread_pause_ * 2, bounds::reread_max_ms);
    fail("", {"storage", error.what(), ""});
  }
}

/// Throws StoreFault.
void Engine::load(const std::string& scope, bool reads) {
  const auto damage = client_->open(scope, store_->read(scope), reads, now());
  if (damage) throw StoreFault(options_.file + ": " + scope + ": " + damage->message);
  modes_[scope] = reads;
  const Replica& replica = client_->find(scope)->replica();
  views_.open(scope);
  for (const std::string& id : replica.ids()) views_.put(scope, id, replica.view(id));
  reloaded_.insert(scope);
}

// ---- Telling ----------------------------------------------------------------------------------------------

/// What any thread may see from now on.
void Engine::show(Effects& effects) {
  for (const auto& [scope, ids] : effects.changed) {
    Scope* held = client_->find(scope);
    if (held == nullptr) continue;
    for (const std::string& id : ids) views_.put(scope, id, held->replica().view(id));
  }
  for (const Event& event : effects.events) {
    if (const auto* settled = std::get_if<Settled>(&event)) views_.put(settled->key, settled->outcome);
    if (const auto* found = std::get_if<ProblemFound>(&event)) views_.put(found->problem);
  }
  views_.put(client_->limits());
}

void Engine::tell(Effects& effects) {
  for (const std::string& scope : std::exchange(reloaded_, {})) {
    observer_.on_change(scope, {});
    if (client_->find(scope) == nullptr) continue;
    for (const auto& [key, problem] : client_->find(scope)->replica().reports().problems()) {
      const bool is_new = !views_.problem(key);
      views_.put(problem);
      if (is_new) observer_.on_problem(problem);
    }
  }
  for (const auto& [scope, ids] : effects.changed)
    observer_.on_change(scope, std::vector<std::string>(ids.begin(), ids.end()));
  for (Event& event : effects.events) on_event(event);
  tell_progress();
}

void Engine::tell_progress() {
  for (const auto& [name, scope] : client_->scopes()) {
    const ReplicaState& state = scope->replica().state;
    Progress progress;
    progress.state = state.whole ? Progress::State::ready : Progress::State::loading;
    if (!scope->readable()) progress.state = Progress::State::denied;
    progress.seq = state.seq;
    progress.head = std::max({scope->head(), state.whole_at, state.seq});
    if (views_.put(name, progress)) observer_.on_progress(name);
  }
}

/// True if it is another.
bool Engine::show_status() {
  ClientStatus status;
  status.state = state();
  for (const auto& [name, scope] : client_->scopes()) status.pending += scope->replica().outbox().waiting();
  status.last_error = last_error_;
  return views_.put(status);
}

void Engine::shut_down() {
  live_->goodbye();
  connector_->stop(true);
  wire_.reset();
  std::deque<Step> rest;
  {
    std::lock_guard lock(mutex_);
    running_ = false;
    rest.swap(queue_);
    changed_.notify_all();
  }
  for (Step& step : rest) answer(step, Fault{"closed", "it was closed", ""});
  if (wiped_) {
    views_.clear();
    store_->destroy();
    for (const auto& [scope, reads] : modes_) observer_.on_change(scope, {});
  }
  store_.reset();
}

}  // namespace msync::client
