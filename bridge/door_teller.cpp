#include "bridge/door_teller.h"

#include <spdlog/spdlog.h>

namespace msync {
namespace {

/// A plugin that does not know the topic refuses it: then nobody is a member.
void note_refusal(Published published) {
  if (published.ok || published.reason == 0) return;
  spdlog::error("event=members_refused reason=0x{:02x} remedy=\"is the plugin of the same version?\"",
                published.reason);
}

}  // namespace

bool DoorTeller::tell_all(std::shared_ptr<const Collections> collections) {
  collections_ = std::move(collections);
  named_ = member_collections(*collections_);
  return tell_members();
}

bool DoorTeller::keep_up(const std::shared_ptr<const Collections>& collections) {
  if (collections != collections_) {
    collections_ = collections;
    MemberCollections named = member_collections(*collections);
    members_due_ = members_due_ || named != named_;
    named_ = std::move(named);
  }
  if (!members_due_) return false;
  tell_members();  // a connection that broke: all is told on the next
  return true;
}

bool DoorTeller::changed(const ScopeRow& scope, const Delta& delta, bool gap) {
  if (!named_.contains(scope.collection)) return true;
  members_due_ = members_due_ || gap;  // who went in it, nobody can say
  for (const MembersMessage& message : member_changes(delta)) {
    if (!send(message)) return false;
  }
  return true;
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
