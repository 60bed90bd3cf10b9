#include "client/cpp/core/client.h"

#include <algorithm>

namespace msync::client {

namespace {

using Kind = Inbound::Kind;

}  // namespace

Client::Client(Options options) : options_(std::move(options)) {
  shared_.random = options_.random;
  shared_.manner = options_.manner;
  shared_.publish = [this](std::string topic, std::string payload, int qos) {
    outgoing_.push_back({std::move(topic), std::move(payload), qos});
  };
}

std::optional<Error> Client::open(const std::string& name, StoredRows rows, bool reads, std::int64_t now) {
  auto scope = std::make_unique<Scope>(name, options_.user, options_.new_src, shared_, reads);
  if (auto damage = scope->replica().load(std::move(rows))) return damage;
  Scope& held = *(scopes_[name] = std::move(scope));
  if (!connected_) return std::nullopt;
  held.connected(now);
  if (status_ && status_->online) announce(held);
  held.tick(now);
  return std::nullopt;
}

Scope* Client::find(std::string_view scope) {
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? nullptr : found->second.get();
}

void Client::connected(std::int64_t now) {
  connected_ = true;
  shared_.open = !unsupported_;
  shared_.quiet_until = 0;
  status_.reset();
  for (const auto& [name, scope] : scopes_) scope->connected(now);
  tick(now);
}

void Client::disconnected() {
  connected_ = shared_.open = false;
}

void Client::subscribed(std::int64_t now) {
  for (const auto& [name, scope] : scopes_) scope->subscribed(now);
}

void Client::tick(std::int64_t now) {
  for (const auto& [name, scope] : scopes_) scope->tick(now);
}

void Client::granted(std::int64_t now) {
  for (const auto& [name, scope] : scopes_) {
    scope->granted();
    scope->tick(now);
  }
}

void Client::write(const std::string& scope, const std::string& key, std::vector<WriteOp> ops, bool group,
                   std::int64_t wall_now, std::int64_t now) {
  Scope& held = *find(scope);
  held.replica().write(key, std::move(ops), group, wall_now);
  held.send(now);
}

// ---- What arrives -----------------------------------------------------------------------------------------

void Client::receive(std::string_view topic, std::string_view payload, std::int64_t now) {
  const auto to = parse_inbound(topic, options_.client_id);
  if (!to || payload.empty()) return;
  if (to->kind == Kind::live) {
    events_.emplace_back(LiveHeard{to->scope, to->client, std::string(payload)});
    return;
  }
  const auto fault = route(*to, payload, now);
  if (!fault) return;
  fail("", {"bad_message", std::string(topic) + ": " + *fault, ""});
  // Something was in it that is missing now.
  if (to->kind != Kind::log && to->kind != Kind::delta) return;
  if (Scope* scope = find(to->scope)) scope->want_pull();
}

/// What is wrong with it.
std::optional<std::string> Client::route(const Inbound& to, std::string_view payload, std::int64_t now) {
  if (to.kind == Kind::status) {
    const auto said = decode_announcement(payload);
    if (!said) return said.error().message;
    on_status(*said, now);
    return std::nullopt;
  }
  if (to.kind == Kind::notice) {
    const auto notice = decode_notice(payload);
    if (!notice) return notice.error().message;
    on_notice(*notice, now);
    return std::nullopt;
  }
  Scope* scope = find(to.scope);
  if (scope == nullptr || unsupported_) return std::nullopt;
  return to.kind == Kind::ack ? take_ack(*scope, payload, now)
                              : take_delta(*scope, to.kind == Kind::log, payload, now);
}

std::optional<std::string> Client::take_ack(Scope& scope, std::string_view payload, std::int64_t now) {
  const auto ack = decode_ack(payload);
  if (!ack) return ack.error().message;
  if (ack->scope != scope.name()) return "of another scope";
  if (scope.on_ack(*ack, now)) events_.emplace_back(ClockNotice{ack->now, {}});
  return std::nullopt;
}

std::optional<std::string> Client::take_delta(Scope& scope, bool live, std::string_view payload,
                                              std::int64_t now) {
  const auto delta = decode_delta(payload);
  if (!delta) return delta.error().message;
  if (delta->scope != scope.name()) return "of another scope";
  if (delta->reset && (delta->from != 0 || delta->rid.empty())) return "a bad reset";
  if (live) {
    scope.on_log(*delta, now);
  } else if (scope.on_page(*delta, now)) {
    events_.emplace_back(ClockNotice{delta->now, now - scope.pulled_at()});
  }
  scope.tick(now);
  return std::nullopt;
}

void Client::on_status(const Announcement& said, std::int64_t now) {
  unsupported_ = said.protocol != protocol_version;
  shared_.open = connected_ && !unsupported_ && said.online;
  if (unsupported_) {
    return fail("", {"protocol_version",
                     "the server speaks version " + std::to_string(said.protocol) +
                         " of the protocol, this library " + std::to_string(protocol_version),
                     ""});
  }
  const bool was_online = status_ && status_->online;
  status_ = said;
  if (!said.online) return;
  shared_.limits = said.limits;
  shared_.server_epoch = said.epoch;
  for (const auto& [name, scope] : scopes_) {
    announce(*scope);
    if (!was_online) scope->retry();
    scope->tick(now);
  }
}

/// A higher epoch is announced by `sync/status` and nothing else.
void Client::announce(Scope& scope) {
  const std::string& epoch = scope.replica().state.epoch;
  if (epoch.empty() || is_higher_epoch(shared_.server_epoch, epoch)) scope.new_epoch(shared_.server_epoch);
}

void Client::on_notice(const Notice& notice, std::int64_t now) {
  if (notice.topic == "$CONTROL/sync/v1/token" && notice.code == Code::denied) {
    fail("", {"token_refused", notice.message, ""});
  } else if (notice.code == Code::token && notice.expires_in_s) {
    events_.emplace_back(TokenNotice{*notice.expires_in_s});
  } else if (notice.code == Code::quota) {
    shared_.quiet_until =
        now + std::min(notice.retry_after_ms.value_or(bounds::backoff_min_ms), bounds::backoff_max_ms);
    for (const auto& [name, scope] : scopes_) scope->on_quota(notice.topic);
  } else if (notice.code == Code::revoked) {
    if (Scope* scope = find(notice.scope)) scope->lose(notice.message);
  } else {
    for (const auto& [name, scope] : scopes_) refused(*scope, notice, now);
  }
}

void Client::refused(Scope& scope, const Notice& notice, std::int64_t now) {
  const bool in = names_leaf(notice.topic, scope.name(), "in");
  if (notice.code == Code::denied && names_leaf(notice.topic, scope.name(), "pull")) {
    scope.lose(notice.message);
    fail(scope.name(), {"denied", notice.message, ""});
  } else if (notice.code == Code::denied && in) {
    scope.wait_for_grants();
    fail(scope.name(), {"denied", notice.message, ""});
  } else if (in && (notice.code == Code::too_large || notice.code == Code::malformed)) {
    scope.on_bad_message(notice, now);
  }
}

void Client::fail(std::string scope, Fault fault) {
  events_.emplace_back(Failed{std::move(scope), std::move(fault)});
}

// ---- What comes of it -------------------------------------------------------------------------------------

Effects Client::take() {
  Effects effects;
  effects.events = std::exchange(events_, {});
  for (const auto& [name, scope] : scopes_) {
    Replica& replica = scope->replica();
    if (auto rows = replica.take_rows(); !rows.empty()) effects.rows.emplace_back(name, std::move(rows));
    if (auto ids = replica.take_changed(); !ids.empty()) effects.changed.emplace_back(name, std::move(ids));
    for (Event& event : replica.reports().take()) effects.events.push_back(std::move(event));
  }
  effects.outgoing = std::exchange(outgoing_, {});
  return effects;
}

}  // namespace msync::client
