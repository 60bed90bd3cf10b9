// The part of the door that listens to the bridge: which tokens no longer count, and who is a member of what.

#include <map>
#include <set>

#include "plugin/door.h"

namespace msync {

// The topics are the bridge's alone: acl() has seen to that.
void Door::told(const Address& address, std::string_view payload, std::int64_t now_ms) {
  if (address.matter == Address::Matter::revoked) told_revoked(payload, now_ms);
  if (address.matter == Address::Matter::members) told_members(payload);
}

void Door::told_revoked(std::string_view payload, std::int64_t now_ms) {
  auto list = decode_revoked(payload);
  if (!list) {
    broker_.log(Broker::Level::error,
                "the bridge's list of revoked tokens is unreadable: " + list.error().message);
    return;
  }
  Revocations revocations(*std::move(list));
  if (revocations == revocations_) return;
  revocations_ = std::move(revocations);
  broker_.log(Broker::Level::info, std::to_string(revocations_.size()) + " revocations are in force");
  if (options_.revoked_file.empty()) {
    broker_.log(
        Broker::Level::warning,
        "plugin_opt_revoked_file is not set: when the broker restarts, revoked tokens count again until the "
        "bridge is there");
  } else if (const auto error = revocations_.save(options_.revoked_file)) {
    broker_.log(Broker::Level::error, "revocations will be forgotten at a restart: " + error->message);
  }
  sessions_.each([&](Session& session) {
    if (!revocations_.revoked(session.who, now_ms / 1000)) return;
    sessions_.set_end(session, 0);
    leave(session, DoorCounters::Kicked::revoked, "its token was revoked");
  });
}

void Door::told_members(std::string_view payload) {
  const auto message = decode_members(payload);
  if (!message) {
    broker_.log(Broker::Level::error,
                "the bridge's word on members is unreadable: " + message.error().message);
    return;
  }
  std::set<std::string> users;
  for (const Member& change : members_.changes(*message)) users.insert(change.user);
  std::vector<std::pair<Session*, std::vector<std::string>>> readable;
  for (const std::string& user : users) {
    for (Session* session : sessions_.of_user(user))
      readable.emplace_back(session, readable_scopes(*session));
  }
  if (!members_.apply(*message)) {
    broker_.log(Broker::Level::error, "more than " + std::to_string(limits::memberships) +
                                          " memberships: those beyond do not hold");
  }
  for (auto& [session, scopes] : readable) {
    sessions_.forget_rights(*session);
    tell_lost(*session, scopes);
  }
}

}  // namespace msync
