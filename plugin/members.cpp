#include "plugin/members.h"

#include <set>
#include <utility>

namespace msync {

bool Members::contains(std::string_view scope, std::string_view user) const {
  const auto members = scopes_.find(scope);
  return members != scopes_.end() && members->second.contains(user);
}

std::vector<Member> Members::changes(const MembersMessage& message) const {
  std::vector<Member> changes;
  std::set<std::pair<std::string_view, std::string_view>> named;
  for (const Member& member : message.members) {
    if (member.present) named.insert({member.scope, member.user});
    if (member.present != contains(member.scope, member.user)) changes.push_back(member);
  }
  if (!message.last) return changes;
  const std::uint32_t running = census_ + (message.first ? 1 : 0);
  for (const auto& [scope, users] : scopes_) {
    for (const auto& [user, census] : users) {
      if (census != running && !named.contains({scope, user})) changes.push_back({scope, user, false});
    }
  }
  return changes;
}

bool Members::apply(const MembersMessage& message) {
  if (message.first) ++census_;
  bool room = true;
  for (const Member& member : message.members) {
    if (!member.present) {
      remove(member);
    } else if (!add(member)) {
      room = false;
    }
  }
  if (message.last) sweep();
  return room;
}

bool Members::add(const Member& member) {
  if (contains(member.scope, member.user)) {
    scopes_[member.scope][member.user] = census_;
    return true;
  }
  if (size_ >= most_) return false;
  scopes_[member.scope][member.user] = census_;
  ++size_;
  return true;
}

void Members::remove(const Member& member) {
  const auto members = scopes_.find(member.scope);
  if (members == scopes_.end()) return;
  size_ -= members->second.erase(member.user);
  if (members->second.empty()) scopes_.erase(members);
}

void Members::sweep() {
  for (auto scope = scopes_.begin(); scope != scopes_.end();) {
    size_ -= std::erase_if(scope->second, [&](const auto& member) { return member.second != census_; });
    scope = scope->second.empty() ? scopes_.erase(scope) : std::next(scope);
  }
}

}  // namespace msync
