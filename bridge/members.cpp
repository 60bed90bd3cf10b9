#include "bridge/members.h"

#include <algorithm>
#include <utility>

namespace msync {

MemberCollections member_collections(const Collections& collections) {
  MemberCollections named;
  for (const Collection& collection : collections.all()) {
    if (names_members(collections.all(), collection)) named.insert(collection.name);
  }
  return named;
}

AllMembers::AllMembers(StoreReader& reader, const MemberCollections& collections) : reader_(reader) {
  if (collections.empty()) return;
  scopes_ = reader_.view()->scopes();
  std::erase_if(scopes_, [&](const ScopeRow& scope) { return !collections.contains(scope.collection); });
}

bool AllMembers::read(View& view, const ScopeRow& scope, std::vector<Member>& members) {
  bool whole = true;
  view.changes(scope.id, from_, limits::integer_max, [&](Change&& change) {
    whole = members.size() < limits::members_per_message;
    if (!whole) return false;
    from_ = change.seq;
    if (!change.deleted) members.push_back({scope.topic, std::move(change.id), true});
    return true;
  });
  return whole;
}

std::optional<MembersMessage> AllMembers::next() {
  if (ended_) return std::nullopt;
  MembersMessage message;
  message.first = std::exchange(first_, false);
  if (!scopes_.empty()) {
    const auto view = reader_.view();
    while (!scopes_.empty() && read(*view, scopes_.back(), message.members)) {
      scopes_.pop_back();
      from_ = 0;
    }
  }
  message.last = ended_ = scopes_.empty();
  return message;
}

std::vector<MembersMessage> member_changes(const Delta& delta) {
  std::vector<MembersMessage> messages;
  for (const Change& change : delta.changes) {
    if (messages.empty() || messages.back().members.size() == limits::members_per_message)
      messages.emplace_back();
    messages.back().members.push_back({delta.scope, change.id, !change.deleted});
  }
  return messages;
}

}  // namespace msync
