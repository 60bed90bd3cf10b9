// The part of the door that judges topics: publishes, subscriptions, deliveries, and the stamp.

#include "core/stamp.h"
#include "plugin/door.h"
#include "plugin/text.h"

namespace msync {

using Denied = DoorCounters::Denied;

bool is_stamp_name(std::string_view name) {
  return name.starts_with(stamp_prefix);
}

Notice Door::notice_of(Code code, std::string message, std::string_view topic) {
  Notice notice;
  notice.code = code;
  notice.message = std::move(message);
  notice.topic = topic;
  return notice;
}

bool Door::ours(const Topic& topic) {
  return topic.address.kind != Address::Kind::outside && topic.address.kind != Address::Kind::system;
}

// Mosquitto may ask whether a retained message's author could still publish it (check_retain_source): then
// the pointer is a makeshift, and the author's newest session answers.
Session* Door::session_of(const Client& client, Access access) {
  Session* session = sessions_.find(client.handle, client.id, client.user);
  if (session || access != Access::write || !client.address.empty()) return session;
  session = sessions_.find(client.id);
  return session && session->who.user == client.user ? session : nullptr;
}

std::uint8_t Door::rights(Session& session, const Topic& topic) {
  if (topic.scope == 0) return 0;
  const std::uint32_t generation = topics_.generation();
  if (const auto known = session.rights.find(topic.scope, generation)) return *known;
  std::uint8_t granted = 0;
  for (const Right right : {Right::read, Right::write}) {
    if (allows(*topic.address.collection, topic.address.variables(), session.who, right, &members_)) {
      granted |= static_cast<std::uint8_t>(right);
    }
  }
  session.rights.keep(topic.scope, generation, granted);
  return granted;
}

// A delivery whose publish was judged for another reader just now, to a session whose rights in the scope are known: no
// more is looked at than the session's slot and its half byte. Anything else takes the long way.
std::optional<Verdict> Door::remembered(const Client& client, std::string_view name, std::int64_t now_ms) {
  const Topic& topic = topics_.last();
  if (topic.text != name || topic.address.kind != Address::Kind::scope) return std::nullopt;
  const Leaf leaf = topic.address.leaf;
  if (leaf != Leaf::log && leaf != Leaf::doc && leaf != Leaf::live) return std::nullopt;
  const auto* slot = sessions_.slot(client.handle);
  if (!slot || !slot->online || slot->generation != hot_rights_.generation()) return std::nullopt;
  if (!slot->is_named(client.id) || now_ms >= slot->ends_ms) return std::nullopt;
  const auto rights = hot_rights_.find(scope_key(topic), slot->number);
  if (!rights) return std::nullopt;
  if (has(*rights, Right::read)) return Verdict::allow;
  counters_.count(Denied::delivery);
  return Verdict::deny;
}

void Door::remember(const Client& client, const Topic& topic, std::uint8_t rights) {
  auto* slot = sessions_.slot(client.handle);
  if (topic.scope == 0 || !slot || slot->value->who.bridge) return;  // the bridge's rights are no grants
  if (slot->generation != hot_rights_.generation()) {
    slot->number = hot_rights_.new_number(sessions_.size());
    slot->generation = hot_rights_.generation();
  }
  hot_rights_.keep(scope_key(topic), slot->number, rights);
}

Verdict Door::acl(const Client& client, const Request& request, std::int64_t now_ms) {
  if (request.access == Access::read) {
    if (const auto verdict = remembered(client, request.topic, now_ms)) return *verdict;
  }
  Session* session = session_of(client, request.access);
  if (request.access == Access::unsubscribe) {
    if (session) session->filters.erase(std::string(request.topic));
    return Verdict::allow;
  }
  if (session && !session->stands(now_ms)) session = nullptr;
  if (request.access == Access::subscribe) return judge_filter(session, request, now_ms);
  const Topic& topic = topics_.of(request.topic);
  if (!session) {
    const Verdict verdict = judge_stranger(topic).verdict;
    if (verdict == Verdict::deny) counters_.count(Denied::no_token);
    return verdict;
  }
  if (request.access == Access::read) return judge_read(*session, client, topic);
  return judge_write(*session, client, topic, request, now_ms);
}

Verdict Door::judge_read(Session& session, const Client& client, const Topic& topic) {
  const std::uint8_t granted = rights(session, topic);
  remember(client, topic, granted);
  const Verdict verdict = judge_delivery(topic, {session.who, session.id}, granted).verdict;
  if (verdict == Verdict::deny) {
    counters_.count(Denied::delivery);
    if (session.arriving) session.purged = true;
  }
  return verdict;
}

Verdict Door::judge_write(Session& session, const Client& client, const Topic& topic, const Request& request,
                          std::int64_t now_ms) {
  const Ruling ruling = judge_publish(topic, {session.who, session.id}, rights(session, topic),
                                      request.retain, !session.online);
  const bool publishing = session.online && session.client == client.handle;
  if (ruling.verdict == Verdict::defer) return ruling.verdict;
  const bool too_large = !session.who.bridge && request.payload_bytes > options_.max_payload_bytes;
  if (!publishing) {  // a will: nobody is there to be told
    if (too_large || ruling.verdict == Verdict::deny) counters_.count(Denied::publish);
    return too_large ? Verdict::deny : ruling.verdict;
  }
  if (!session.who.bridge && !within_quota(session, request, now_ms)) return Verdict::deny;
  if (ruling.verdict == Verdict::deny) {
    denied(session, Denied::publish, ruling.why, request.topic, now_ms);
  } else if (too_large) {
    counters_.count(Denied::too_large);
    notify(session,
           notice_of(Code::too_large,
                     "the message has " + std::to_string(request.payload_bytes) + " bytes, at most " +
                         std::to_string(options_.max_payload_bytes) + " are taken",
                     request.topic),
           now_ms);
    return Verdict::deny;
  }
  return ruling.verdict;
}

Verdict Door::judge_filter(Session* session, const Request& request, std::int64_t now_ms) {
  const Collections& collections = rules_->collections;
  if (!session) {
    const Verdict verdict = judge_stranger_subscribe(collections, request.topic).verdict;
    if (verdict == Verdict::deny) counters_.count(Denied::no_token);
    return verdict;
  }
  session->arriving = false;
  const Ruling ruling = judge_subscribe(collections, request.topic, {session->who, session->id});
  if (ruling.verdict == Verdict::deny) counters_.count(Denied::subscribe);
  // No notice: the answer to a subscription says no by itself.
  if (ruling.verdict == Verdict::deny && session->notices.take(now_ms)) {
    broker_.log(Broker::Level::info, "denied \"" + printable(session->id) + "\" to subscribe to \"" +
                                         printable(request.topic) + "\": " + ruling.why);
  }
  if (ruling.verdict != Verdict::deny && !room_for_filter(*session, request.topic, now_ms))
    return Verdict::deny;
  return ruling.verdict;
}

bool Door::room_for_filter(Session& session, std::string_view filter, std::int64_t now_ms) {
  if (session.who.bridge || session.filters.contains(filter)) return true;
  if (session.filters.size() < options_.max_subscriptions_per_client) {
    session.filters.emplace(filter);
    return true;
  }
  counters_.count(Denied::quota);
  notify(session,
         notice_of(
             Code::quota,
             "at most " + std::to_string(options_.max_subscriptions_per_client) + " subscriptions are taken",
             filter),
         now_ms);
  return false;
}

bool Door::within_quota(Session& session, const Request& request, std::int64_t now_ms) {
  User& user = *session.user;
  const bool few = user.messages.take(now_ms);
  if (few && user.bytes.take(now_ms, request.payload_bytes)) return true;
  counters_.count(Denied::quota);
  if (now_ms - user.over_last_ms > limits::quota_pause_ms) user.over_since_ms = now_ms;
  user.over_last_ms = now_ms;
  if (now_ms - user.over_since_ms >= limits::quota_patience_ms) {
    leave(session, DoorCounters::Kicked::quota,
          few ? "it was over plugin_opt_max_bytes_per_s for too long"
              : "it was over plugin_opt_max_messages_per_s for too long",
          true);
  } else {
    const std::string most = few ? std::to_string(options_.max_bytes_per_s) + " bytes"
                                 : std::to_string(options_.max_messages_per_s) + " messages";
    Notice notice = notice_of(Code::quota, "at most " + most + " a second are taken", request.topic);
    notice.retry_after_ms = few ? user.bytes.retry_after_ms() : user.messages.retry_after_ms();
    notify(session, notice, now_ms);
  }
  return false;
}

void Door::denied(Session& session, Denied reason, const char* why, std::string_view topic,
                  std::int64_t now_ms) {
  counters_.count(reason);
  notify(session, notice_of(Code::denied, why, topic), now_ms);
}

// A client gets few notices a second, and the log has a line for each: what it sends beyond that is refused
// silently.
void Door::notify(Session& session, const Notice& notice, std::int64_t now_ms) {
  if (session.online && session.notices.take(now_ms)) send(session, notice);
}

void Door::send(Session& session, const Notice& notice) {
  const std::string& about = notice.topic.empty() ? notice.scope : notice.topic;
  broker_.log(Broker::Level::info,
              "notice " + std::string(to_string(notice.code)) + " to \"" + printable(session.id) + "\"" +
                  (about.empty() ? "" : " for \"" + printable(about) + '"') + ": " + notice.message);
  broker_.publish("sync/" + session.id + "/notice", encode(notice));
}

Door::Passage Door::message(const Client& client, std::string_view name, std::string_view payload,
                            const UserProperties& properties, std::int64_t now_ms) {
  const Topic& topic = topics_.of(name);
  if (!ours(topic)) return {true, std::nullopt};
  Session* session = sessions_.find(client.handle, client.id, client.user);
  if (!session) return {};
  if (properties.forged) {
    denied(*session, Denied::properties, "user properties that begin with sync- are the server's", name,
           now_ms);
    return {};
  }
  if (properties.count > limits::max_user_properties) {
    denied(*session, Denied::properties, "too many user properties", name, now_ms);
    return {};
  }
  const Address address = topic.address;
  if (address.kind == Address::Kind::door) told(address, payload, now_ms);
  const bool to_bridge =
      address.kind == Address::Kind::inbox_probe ||
      (address.kind == Address::Kind::door && address.matter == Address::Matter::revoke) ||
      (address.kind == Address::Kind::scope &&
       (address.leaf == Leaf::in || address.leaf == Leaf::pull || address.leaf == Leaf::seen));
  if (!to_bridge) return {true, std::nullopt};
  const Stamp stamp{session->who.user, session->id, now_ms};
  return {true, Stamps{{{stamp_user, stamp.user},
                        {stamp_client, stamp.client},
                        {stamp_at, std::to_string(now_ms)},
                        {stamp_mac, stamp_mac_of(rules_->stamp_key, stamp, name, payload)}}}};
}

}  // namespace msync
