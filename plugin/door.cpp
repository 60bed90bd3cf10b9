#include "plugin/door.h"

#include <algorithm>

#include "core/topic.h"
#include "plugin/text.h"

namespace msync {

using Auth = DoorCounters::Auth;
using Kicked = DoorCounters::Kicked;

namespace {

std::string quoted_text(std::string_view text) {
  return '"' + printable(text) + '"';
}

std::string named(const Client& client) {
  std::string line = "client " + quoted_text(client.id);
  if (!client.address.empty()) line += " from " + printable(client.address);
  return line;
}

// What a person would take for a JWT: three parts, the first a JSON object in base64url.
bool looks_like_token(std::string_view password) {
  return password.starts_with("ey") && std::count(password.begin(), password.end(), '.') == 2;
}

Rates rates_of(const Options& options) {
  return {options.max_messages_per_s, options.max_bytes_per_s,
          std::max<std::uint64_t>(std::uint64_t{2} * options.max_bytes_per_s, options.max_payload_bytes)};
}

}  // namespace

Door::Door(const Options& options, std::unique_ptr<const Rules> rules, Broker& broker)
    : options_(options),
      rules_(std::move(rules)),
      tokens_(rules_->tokens),
      key_file_(options.jwt_jwks_file, rules_->keys_mark),
      broker_(broker),
      topics_(rules_->collections),
      sessions_(rates_of(options), {.offline_per_user = options.max_connections_per_user}),
      guard_(options.free_login_failures),
      client_ids_(options.max_sessions_per_user, options.max_token_ttl_s * 1000),
      revocations_(rules_->revoked) {}

Door::Entry Door::connect(const Client& client, std::optional<std::string_view> password,
                          std::int64_t now_ms) {
  if (reloading_) {
    if (const auto known = reconsider(client, now_ms)) return *known;
  }
  sessions_.forget(client.handle);
  return enter(client, password, now_ms);
}

Door::Entry Door::enter(const Client& client, std::optional<std::string_view> password, std::int64_t now_ms) {
  if (!ticking_) {
    broker_.log(
        Broker::Level::error,
        "per_listener_settings is true: then Mosquitto never tells a plugin the time, and no token would "
        "end. Every client is refused. Set per_listener_settings false in mosquitto.conf");
    counters_.count(Auth::unsupported);
    return Entry::refuse;
  }
  if (parse_client_id(client.id)) {
    if (password) return admit(client, *password, now_ms);
    return refuse(client, Auth::bad_token,
                  "a client id of the form <user>:<device> takes a token as password");
  }
  if (password && looks_like_token(*password)) {
    return refuse(client, Auth::bad_token,
                  "with a token the client id must be <user>:<device>, device 1 to 64 of A-Za-z0-9_-");
  }
  counters_.count(Auth::deferred);
  broker_.log(Broker::Level::info, named(client) + " has no token: left to Mosquitto's password file");
  return Entry::defer;
}

Door::Entry Door::refuse(const Client& client, Auth result, std::string_view why) {
  counters_.count(result);
  broker_.log(Broker::Level::warning, "refused " + named(client) + ": " + std::string(why));
  return Entry::refuse;
}

// True while this address is not heard; a client that has been here before always is.
bool Door::unheard(const Client& client, std::int64_t now_ms) {
  if (guard_.wait_ms(client.address, now_ms) == 0) return false;
  const Session* known = sessions_.find(client.id);
  return !known || known->address != client.address;
}

void Door::note_failure(const Client& client, const Error& error, bool signed_by_us, std::int64_t now_ms) {
  if (error.message == KeySet::unknown_kid && now_ms - keys_wanted_ms_ >= limits::keys_fetch_again_ms) {
    keys_wanted_ms_ = now_ms;
    broker_.publish(std::string(door_topic::keys), encode_keys_wanted(""));
  }
  if (signed_by_us) return;
  const std::int64_t pause_ms = guard_.failed(client.address, now_ms);
  if (pause_ms == 0) return;
  broker_.log(Broker::Level::warning, "too many bad tokens from " + printable(client.address) +
                                          ": new clients from there are refused for " +
                                          std::to_string(pause_ms / 1000) + " s");
}

// Why this token does not let this client in; empty if it does.
std::string Door::unfit(const Client& client, const Result<Identity>& who, std::int64_t now_ms) const {
  if (!who) return who.error().message;
  const auto id = parse_client_id(client.id);
  if (!id || id->user != who->user) return "its token is for the user " + quoted_text(who->user);
  if (!client.user.empty() && client.user != who->user) {
    return "the username must be empty or the token's user, not " + quoted_text(client.user);
  }
  if (revocations_.revoked(*who, now_ms / 1000)) return "its token was revoked";
  return unusable_claim(rules_->collections.all(), *who);
}

Door::Entry Door::admit(const Client& client, std::string_view token, std::int64_t now_ms) {
  // In MQTT 3.1 the answer to a subscription cannot say no: the client would wait for what never comes.
  if (client.protocol == 3)
    return refuse(client, Auth::unsupported, "MQTT 3.1 is not supported: use 3.1.1 or 5");
  if (unheard(client, now_ms)) {  // the log has said so
    counters_.count(Auth::paused);
    return Entry::refuse;
  }
  bool signed_by_us = false;
  Result<Identity> who = verify_token(token, tokens_, now_ms / 1000, &signed_by_us);
  if (!who) note_failure(client, who.error(), signed_by_us, now_ms);
  if (const std::string why = unfit(client, who, now_ms); !why.empty()) {
    const bool revoked = who && revocations_.revoked(*who, now_ms / 1000);
    return refuse(client, revoked ? Auth::revoked : Auth::bad_token, why);
  }
  if (sessions_.online_beside(who->user, client.id) >= options_.max_connections_per_user) {
    return refuse(client, Auth::too_many,
                  "its user has " + std::to_string(options_.max_connections_per_user) +
                      " connections already (plugin_opt_max_connections_per_user)");
  }
  if (!who->bridge && !client_ids_.note(who->user, client.id, now_ms)) {
    return refuse(client, Auth::too_many,
                  "its user has had " + std::to_string(options_.max_sessions_per_user) +
                      " client ids lately (plugin_opt_max_sessions_per_user)");
  }
  Session& session =
      sessions_.open(client.handle, std::string(client.id), *std::move(who), !client.clean_start);
  session.address = client.address;
  session.arriving = !client.clean_start;
  if (session.arriving) arriving_.push_back(session.id);
  accept_token(session, token, now_ms);
  counters_.count(Auth::accepted);
  return Entry::accept;
}

void Door::accept_token(Session& session, std::string_view token, std::int64_t now_ms) {
  session.token = token;
  sort_claims(rules_->collections.all(), session.who);
  sessions_.set_end(session, (session.who.expires_at_s + options_.leeway_s) * 1000);
  session.warned = false;
  sessions_.forget_rights(session);
  // Not at once: a client that has just connected has not subscribed to its inbox yet.
  const std::int64_t warn_ms = (session.who.expires_at_s - limits::token_notice_s) * 1000;
  sessions_.wake(session, std::max(warn_ms, now_ms + 1000));
}

// While reloading the broker asks again for every session it has. There is no new connection to let in: a
// session whose token no longer holds is disconnected at the next tick, where the broker can say why.
std::optional<Door::Entry> Door::reconsider(const Client& client, std::int64_t now_ms) {
  if (Session* session = sessions_.find(client.handle, client.id, client.user)) {
    const std::string why = unfit(client, verify_token(session->token, tokens_, now_ms / 1000), now_ms);
    if (!why.empty()) {
      sessions_.set_end(*session, 0);
      leave(*session, Kicked::ended, why);
    }
    return Entry::accept;
  }
  // From disk, without a token: it has no rights anyway until its client comes.
  if (client.address.empty()) return parse_client_id(client.id) ? Entry::accept : Entry::defer;
  return std::nullopt;
}

void Door::disconnect(const Client& client) {
  sessions_.close(client.handle, client.id);
}

void Door::tick(std::int64_t now_ms) {
  ticking_ = true;
  reloading_ = false;
  read_changed_keys(now_ms);
  settle_arrivals(now_ms);
  while (Session* session = sessions_.due(now_ms)) expire(*session, now_ms);
  for (const auto& [id, with_will] : std::exchange(kicks_, {})) {
    const Session* session = sessions_.find(id);
    if (session && session->online && session->leaving) broker_.kick(id, with_will);
  }
  tell_counters(now_ms);
}

// Mosquitto 2.0.11 counts what it has just dropped from a returning client's queue as still under way: with enough of it
// the client would never be sent anything again. Its next connection counts right. Not twice in a row: a client that
// asks for what it may not have, before the broker has answered, must not be thrown out for ever.
void Door::settle_arrivals(std::int64_t now_ms) {
  for (const std::string& id : std::exchange(arriving_, {})) {
    Session* session = sessions_.find(id);
    if (!session || !session->online) continue;
    session->arriving = false;
    if (!session->purged || now_ms - session->cleaned_ms < limits::purge_pause_ms) continue;
    session->cleaned_ms = now_ms;
    leave(*session, Kicked::rights, "its queue held what it may no longer read");
  }
}

void Door::read_changed_keys(std::int64_t now_ms) {
  std::optional<KeySet::Loaded> loaded = key_file_.look(now_ms);
  if (!loaded) return;
  for (const Problem& warning : loaded->warnings) broker_.log(Broker::Level::warning, to_string(warning));
  for (const Problem& problem : loaded->problems) broker_.log(Broker::Level::error, to_string(problem));
  if (!loaded->problems.empty()) {
    broker_.log(Broker::Level::error, "the keys were not read again: those read before stay in force");
    return;
  }
  tokens_.keys = std::make_shared<const KeySet>(std::move(loaded->keys));
  broker_.log(Broker::Level::info, "read " + std::to_string(tokens_.keys->size()) + " keys of " +
                                       key_file_.path() + ", which has changed");
}

// A session's wake-up time has come: its token ends soon, or has ended.
void Door::expire(Session& session, std::int64_t now_ms) {
  if (session.stands(now_ms)) {
    const std::int64_t left_s = std::max<std::int64_t>(0, session.who.expires_at_s - now_ms / 1000);
    if (!std::exchange(session.warned, true)) {
      Notice notice = notice_of(Code::token, "your token ends soon");
      notice.expires_in_s = left_s;
      notify(session, notice, now_ms);
    }
    sessions_.wake(session, session.ends_ms);
    return;
  }
  leave(session, Kicked::ended, "its token has ended");
  if (!session.online) {  // what remains only names the session
    session.token.clear();
    session.who.claims = Json::object();
    sessions_.forget_rights(session);
  }
}

void Door::leave(Session& session, Kicked reason, std::string_view why, bool with_will) {
  if (!session.online || std::exchange(session.leaving, true)) return;
  counters_.count(reason);
  broker_.log(Broker::Level::info, "disconnecting " + quoted_text(session.id) + ": " + std::string(why));
  kicks_.emplace_back(session.id, with_will);
}

// Not at QoS 1: a bridge that is away would find hours of them in its queue.
void Door::tell_counters(std::int64_t now_ms) {
  if (counters_.start_ms == 0) counters_.start_ms = counters_told_ms_ = now_ms;
  if (now_ms >= counters_told_ms_ && now_ms - counters_told_ms_ < limits::door_counters_ms) return;
  counters_told_ms_ = now_ms;
  counters_.connections = sessions_.online();
  broker_.tell(std::string(door_topic::counters), encode(counters_));
}

void Door::reload() {
  reloading_ = true;
  Rules::Loaded loaded = Rules::load(options_);
  for (const std::string& warning : loaded.warnings) broker_.log(Broker::Level::warning, warning);
  std::vector<Problem> problems = std::move(loaded.problems);
  if (loaded.rules) problems = changed_topics(rules_->collections, loaded.rules->collections);
  for (const Problem& problem : problems) broker_.log(Broker::Level::error, to_string(problem));
  if (!problems.empty()) {
    broker_.log(Broker::Level::error, "the files were not reloaded: what was read before stays in force");
    return;
  }
  const auto before = std::exchange(rules_, std::move(loaded.rules));
  topics_.reset(rules_->collections);
  tokens_ = rules_->tokens;
  key_file_ = KeyFile(options_.jwt_jwks_file, rules_->keys_mark);
  broker_.log(Broker::Level::info,
              "reloaded " + std::to_string(rules_->collections.all().size()) + " collections and the keys");
}

}  // namespace msync
