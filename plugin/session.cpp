#include "plugin/session.h"

#include <utility>

namespace msync {

Session* Sessions::find(const void* client, std::string_view id, std::string_view user) {
  Session* session = by_client_.find(client);
  if (!session || session->id != id) return nullptr;
  // The broker tells of every connection's end before it uses a pointer again: only then the user could differ.
  return session->online || session->who.user == user ? session : nullptr;
}

Session* Sessions::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::uint32_t Sessions::online_beside(std::string_view user, std::string_view id) {
  const auto found = users_.find(user);
  if (found == users_.end()) return 0;
  const Session* taken_over = find(id);
  return found->second->online - (taken_over && taken_over->online ? 1 : 0);
}

std::vector<Session*> Sessions::of_user(std::string_view user) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return {};
  return {found->second->sessions.begin(), found->second->sessions.end()};
}

Session& Sessions::open(const void* client, std::string id, Identity who, bool resumes) {
  forget(client);
  auto& user = users_[who.user];
  if (!user) user = std::make_unique<User>(rates_);
  ++user->online;
  auto session = std::make_unique<Session>();
  session->client = client;
  session->id = std::move(id);
  session->who = std::move(who);
  session->user = user.get();
  if (Session* old = find(session->id)) {
    if (resumes) session->filters = old->filters;
    session->cleaned_ms = old->cleaned_ms;
    if (!old->online) forget(old->client);
  }
  Session& opened = *session;
  opened.user->sessions.insert(&opened);
  by_id_[opened.id] = &opened;
  auto& slot = by_client_.set(client, &opened);
  slot.online = true;
  slot.name(opened.id);
  all_.emplace(&opened, std::move(session));
  return opened;
}

void Sessions::close(const void* client, std::string_view id) {
  Session* session = by_client_.find(client);
  if (!session || session->id != id) return;
  if (find(id) != session) {
    erase(*session);
  } else if (session->online) {
    set_offline(*session);
  }
}

void Sessions::set_offline(Session& session) {
  User& user = *session.user;
  session.online = false;
  if (auto* slot = by_client_.slot(session.client)) slot->online = false;
  session.leaving = false;
  --user.online;
  session.offline_at = offline_.insert(offline_.end(), &session);
  session.offline_of_user_at = user.offline.insert(user.offline.end(), &session);
  if (user.offline.size() > bounds_.offline_per_user) erase(*user.offline.front());
  if (offline_.size() > bounds_.offline) erase(*offline_.front());
}

void Sessions::set_end(Session& session, std::int64_t ends_ms) {
  session.ends_ms = ends_ms;
  if (auto* slot = by_client_.slot(session.client)) slot->ends_ms = ends_ms;
}

void Sessions::forget_rights(Session& session) {
  session.rights.clear();
  if (auto* slot = by_client_.slot(session.client)) slot->generation = 0;
}

void Sessions::forget(const void* client) {
  if (Session* session = by_client_.find(client)) erase(*session);
}

void Sessions::erase(Session& session) {
  User& user = *session.user;
  if (session.online) {
    --user.online;
  } else {
    offline_.erase(session.offline_at);
    user.offline.erase(session.offline_of_user_at);
  }
  user.sessions.erase(&session);
  wakes_.erase({session.wakes_ms, &session});
  if (const auto named = by_id_.find(session.id); named != by_id_.end() && named->second == &session) {
    by_id_.erase(named);
  }
  if (user.online == 0 && user.offline.empty()) users_.erase(users_.find(session.who.user));
  by_client_.erase(session.client);
  all_.erase(&session);
}

void Sessions::wake(Session& session, std::int64_t at_ms) {
  wakes_.erase({session.wakes_ms, &session});
  session.wakes_ms = at_ms;
  wakes_.insert({at_ms, &session});
}

Session* Sessions::due(std::int64_t now_ms) {
  if (wakes_.empty() || wakes_.begin()->first > now_ms) return nullptr;
  Session* session = wakes_.begin()->second;
  wakes_.erase(wakes_.begin());
  return session;
}

}  // namespace msync
