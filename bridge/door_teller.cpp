#include "bridge/door_teller.h"

#include <spdlog/spdlog.h>

#include "bridge/revoking.h"

namespace msync {
namespace {

/// By a plugin that does not know the topic: then nobody is a member, and nothing is revoked.
void note_refusal(Published published) {
  if (published.ok || published.reason == 0) return;
  spdlog::error("event=door_refused reason=0x{:02x} remedy=\"is the plugin of the same version?\"",
                published.reason);
}

}  // namespace

bool DoorTeller::tell_all(std::shared_ptr<const Collections> collections) {
  collections_ = std::move(collections);
  named_ = member_collections(*collections_);
  return tell_revocations() && tell_members();
}

bool DoorTeller::keep_up(const std::shared_ptr<const Collections>& collections) {
  if (collections != collections_) {
    collections_ = collections;
    MemberCollections named = member_collections(*collections);
    members_due_ = members_due_ || named != named_;
    named_ = std::move(named);
  }
  const bool worked = members_due_ || revocations_due_;
  // Where the connection breaks, all is told on the next.
  if (revocations_due_) tell_revocations();
  if (members_due_) tell_members();
  return worked;
}

bool DoorTeller::changed(const ScopeRow& scope, const Delta& delta, bool gap) {
  if (!named_.contains(scope.collection)) return true;
  members_due_ = members_due_ || gap;  // who went in it, nobody can say
  for (const MembersMessage& message : member_changes(delta)) {
    if (!send(message)) return false;
  }
  return true;
}

bool DoorTeller::tell_revocations() {
  revocations_due_ = false;  // before the look: one that comes meanwhile is said again
  const auto list = in_force(reader_.view()->revocations(), time_.now_ms() / 1000);
  Publish publish{std::string(door_topic::revoked), encode(list)};
  publish.retained = true;
  publish.content_type = "application/json";
  return link_.publish(publish, note_refusal);
}

bool DoorTeller::tell_members() {
  members_due_ = false;
  if (named_.empty() && !told_members_) return true;
  told_members_ = true;
  std::size_t count = 0;
  AllMembers members(reader_, named_);
  while (const auto message = members.next()) {
    if (!send(*message)) return false;
    count += message->members.size();
  }
  spdlog::info("event=members_told count={}", count);
  return true;
}

bool DoorTeller::send(const MembersMessage& message) {
  Publish publish{std::string(door_topic::members), encode(message)};
  publish.content_type = "application/json";
  return link_.publish(publish, note_refusal);
}

}  // namespace msync
