#include "client/cpp/views.h"

#include <cstdlib>

#include "client/cpp/core/bounds.h"

namespace msync::client {

void Views::open(const std::string& scope) {
  std::lock_guard lock(mutex_);
  scopes_[scope].documents.clear();
}

void Views::put(const std::string& scope, const std::string& id, std::optional<Seen> seen) {
  // Made before the lock is taken, what it replaces is freed after.
  DocumentPtr document = seen ? std::make_shared<const Document>(Document{id, *std::move(seen)}) : nullptr;
  std::lock_guard lock(mutex_);
  auto& documents = scopes_[scope].documents;
  if (document) {
    documents[id].swap(document);
  } else if (const auto found = documents.find(id); found != documents.end()) {
    found->second.swap(document);
    documents.erase(found);
  }
}

bool Views::put(const std::string& scope, const Progress& progress) {
  std::lock_guard lock(mutex_);
  Progress& known = scopes_[scope].progress;
  if (known == progress) return false;
  known = progress;
  return true;
}

bool Views::put(const ClientStatus& status) {
  std::lock_guard lock(mutex_);
  const bool same = status_.state == status.state && status_.pending == status.pending &&
                    status_.last_error.code == status.last_error.code &&
                    status_.last_error.message == status.last_error.message;
  status_ = status;
  return !same;
}

void Views::put(const ServerLimits& limits) {
  std::lock_guard lock(mutex_);
  limits_ = limits;
}

void Views::put(Problem problem) {
  std::lock_guard lock(mutex_);
  std::string key = problem.key;
  problems_.insert_or_assign(std::move(key), std::move(problem));
}

void Views::drop_problem(const std::string& key) {
  std::lock_guard lock(mutex_);
  problems_.erase(key);
}

void Views::put(const std::string& key, const Outcome& outcome) {
  std::lock_guard lock(mutex_);
  if (!outcomes_.insert_or_assign(key, outcome).second) return settled_.notify_all();
  outcome_order_.push_back(key);
  if (outcome_order_.size() > bounds::outcomes) {
    outcomes_.erase(outcome_order_.front());
    outcome_order_.pop_front();
  }
  settled_.notify_all();
}

bool Views::hear(const std::string& scope, const std::string& client, const std::string& state,
                 std::int64_t now) {
  std::lock_guard lock(mutex_);
  auto& peers = peers_[scope];
  if (state.empty()) return peers.erase(client) > 0;
  if (!peers.contains(client) && peers.size() >= bounds::peers) return false;
  Peer& peer = peers[client];
  const bool same = peer.state == state;
  peer = {client, state, now};
  return !same;
}

std::vector<std::string> Views::expire_peers(std::int64_t now) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> scopes;
  for (auto& [scope, peers] : peers_) {
    const auto late = [now](const auto& each) {
      return std::abs(now - each.second.heard_at) > 2 * bounds::announce_ms;
    };
    if (std::erase_if(peers, late) > 0) scopes.push_back(scope);
  }
  return scopes;
}

void Views::forget_peers(const std::string& scope) {
  std::lock_guard lock(mutex_);
  peers_.erase(scope);
}

void Views::clear() {
  std::lock_guard lock(mutex_);
  for (auto& [scope, held] : scopes_) held = Held();
  problems_.clear();
  peers_.clear();
}

void Views::wake() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  settled_.notify_all();
}

bool Views::is_open(const std::string& scope) const {
  std::lock_guard lock(mutex_);
  return scopes_.contains(scope);
}

DocumentPtr Views::find(const std::string& scope, const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto held = scopes_.find(scope);
  if (held == scopes_.end()) return nullptr;
  const auto found = held->second.documents.find(id);
  return found == held->second.documents.end() ? nullptr : found->second;
}

std::vector<DocumentPtr> Views::all(const std::string& scope) const {
  std::lock_guard lock(mutex_);
  std::vector<DocumentPtr> all;
  const auto held = scopes_.find(scope);
  if (held == scopes_.end()) return all;
  all.reserve(held->second.documents.size());
  for (const auto& [id, document] : held->second.documents) all.push_back(document);
  return all;
}

Progress Views::progress(const std::string& scope) const {
  std::lock_guard lock(mutex_);
  const auto held = scopes_.find(scope);
  return held == scopes_.end() ? Progress() : held->second.progress;
}

ClientStatus Views::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

ServerLimits Views::limits() const {
  std::lock_guard lock(mutex_);
  return limits_;
}

std::vector<Problem> Views::problems() const {
  std::lock_guard lock(mutex_);
  std::vector<Problem> all;
  for (const auto& [key, problem] : problems_) all.push_back(problem);
  return all;
}

std::optional<Problem> Views::problem(const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto found = problems_.find(key);
  return found == problems_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Peer> Views::peers(const std::string& scope) const {
  std::lock_guard lock(mutex_);
  std::vector<Peer> all;
  const auto found = peers_.find(scope);
  if (found == peers_.end()) return all;
  for (const auto& [client, peer] : found->second) all.push_back(peer);
  return all;
}

std::optional<Outcome> Views::outcome(const std::string& key, std::chrono::milliseconds wait) const {
  std::unique_lock lock(mutex_);
  settled_.wait_for(lock, wait, [&] { return ended_ || outcomes_.contains(key); });
  const auto found = outcomes_.find(key);
  return found == outcomes_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace msync::client
