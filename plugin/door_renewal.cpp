// The part of the door where a connection that stands gets a new token, or loses rights that it had.

#include <algorithm>
#include <set>

#include "plugin/door.h"
#include "plugin/text.h"

namespace msync {

using Kicked = DoorCounters::Kicked;

namespace {

constexpr std::string_view method_name = "JWT";

// The scope that a subscription without wildcards, or with one at its end only, is about; empty if there is none.
std::string_view scope_named(const Collections& collections, std::string_view filter) {
  const Address address = classify(collections, filter);
  if (address.kind == Address::Kind::scope) return address.scope;
  if (!filter.ends_with("/#") && !filter.ends_with("/+")) return {};
  filter.remove_suffix(2);
  const Address whole = classify_scope(collections, filter);
  return whole.kind == Address::Kind::scope ? whole.scope : std::string_view();
}

}  // namespace

Door::Entry Door::authenticate(const Client& client, std::string_view method, std::string_view data,
                               std::int64_t now_ms) {
  if (method != method_name) return Entry::defer;
  Session* session = sessions_.find(client.handle, client.id, client.user);
  if (!session || !session->online) {
    sessions_.forget(client.handle);
    if (!parse_client_id(client.id))
      return refuse(client, DoorCounters::Auth::bad_token, "the client id must be <user>:<device>");
    return enter(client, data, now_ms);
  }
  // A publish of the token has been counted by acl().
  const bool seldom = session->who.bridge || session->user->messages.take(now_ms);
  const std::string why = seldom ? take_new_token(*session, data, now_ms) : "too many";
  if (why.empty()) return Entry::accept;
  leave(*session, Kicked::renewal, "its new token is refused: " + why);
  return Entry::unwind;
}

void Door::authenticate_further(const Client& client) {
  if (Session* session = sessions_.find(client.handle, client.id, client.user)) {
    leave(*session, Kicked::protocol, "it sent an AUTH that nobody asked for");
  }
}

void Door::renew(const Client& client, std::string_view token, std::int64_t now_ms) {
  Session* session = sessions_.find(client.handle, client.id, client.user);
  if (!session) return;
  const std::string why = take_new_token(*session, token, now_ms);
  if (!why.empty()) {
    notify(*session, notice_of(Code::denied, "the new token is refused: " + why, token_topic), now_ms);
    return;
  }
  Notice notice = notice_of(Code::token, "your new token counts", token_topic);
  notice.expires_in_s = session->who.expires_at_s - now_ms / 1000;
  notify(*session, notice, now_ms);
}

// Why it is refused; empty if it counts from now on.
std::string Door::take_new_token(Session& session, std::string_view token, std::int64_t now_ms) {
  Result<Identity> who = verify_token(token, tokens_, now_ms / 1000);
  const Client bearer{session.client, session.id, session.who.user, session.address, 5};
  if (std::string why = unfit(bearer, who, now_ms); !why.empty()) {
    counters_.count(DoorCounters::Auth::not_renewed);
    return why;
  }
  counters_.count(DoorCounters::Auth::renewed);
  const std::vector<std::string> readable = readable_scopes(session);
  session.who = *std::move(who);
  accept_token(session, token, now_ms);
  broker_.log(Broker::Level::info, "a new token for \"" + printable(session.id) + '"');
  tell_lost(session, readable);
  return {};
}

// The scopes that the client can hold data of: those it has received something of lately, and those that its
// subscriptions name.
std::vector<std::string> Door::readable_scopes(Session& session) {
  std::set<std::string, std::less<>> scopes;
  session.rights.each(topics_.generation(), [&](std::uint32_t scope, std::uint8_t rights) {
    if (has(rights, Right::read)) scopes.insert(topics_.scope(scope));
  });
  for (const std::string& filter : session.filters) {
    const std::string_view scope = scope_named(rules_->collections, filter);
    if (scope.empty() || scopes.contains(scope)) continue;
    const Address address = classify_scope(rules_->collections, scope);
    if (allows(*address.collection, address.variables(), session.who, Right::read, &members_)) {
      scopes.emplace(scope);
    }
  }
  return {scopes.begin(), scopes.end()};
}

// The broker judges what is queued for a connected client only when it returns: so whoever has lost something must.
void Door::tell_lost(Session& session, const std::vector<std::string>& readable_before) {
  if (!session.online) return;
  std::size_t lost = 0;
  for (const std::string& scope : readable_before) {
    const Address address = classify_scope(rules_->collections, scope);
    if (allows(*address.collection, address.variables(), session.who, Right::read, &members_)) continue;
    if (++lost > limits::revoked_notices) break;
    Notice notice = notice_of(Code::revoked, "your token no longer grants read here");
    notice.scope = scope;
    send(session, notice);
  }
  if (lost > 0) leave(session, Kicked::rights, "it may read " + std::to_string(lost) + " scopes no more");
}

}  // namespace msync
