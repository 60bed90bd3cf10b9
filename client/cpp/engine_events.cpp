// What arrives at the engine: messages, the connection's fate, what the core tells.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "client/cpp/engine.h"
#include "client/cpp/random.h"

namespace msync::client {
namespace {

/// These hold until something says otherwise: until then the state is `error`.
bool is_standing(const std::string& code) {
  return code == "token_refused" || code == "token" || code == "protocol_version" || code == "storage";
}

template <class... Bodies>
struct Overloaded : Bodies... {
  using Bodies::operator()...;
};
template <class... Bodies>
Overloaded(Bodies...) -> Overloaded<Bodies...>;  // clang 14 does not find it by itself

}  // namespace

Connector::Hooks Engine::connector_hooks() {
  Connector::Hooks hooks;
  hooks.random = [] { return random_unit(); };
  hooks.ask_token = [this] { observer_.on_token_needed(); };
  hooks.open = [this](std::uint64_t attempt, const std::string& token) {
    Wire::Target target{options_.url, client_id_, token, options_.ca_file, {}};
    if (const auto will = live_->will())
      target.will = [will] { return Publish{.topic = will->first, .payload = will->second, .qos = 0}; };
    wire_->open(attempt, std::move(target));
  };
  hooks.close = [this](bool politely) { wire_->close(politely); };
  hooks.state = [this](Connector::State state) { on_connection(state); };
  hooks.error = [this](const char* code, const std::string& message) { fail("", {code, message, ""}); };
  return hooks;
}

Wire::Hooks Engine::wire_hooks() {
  Wire::Hooks hooks;
  hooks.connected = [this](std::uint64_t attempt) {
    post_event([this, attempt] { connector_->on_connected(attempt, now()); });
  };
  hooks.closed = [this](std::uint64_t attempt, bool refused, const std::string& why) {
    post_event([=, this] { connector_->on_closed(attempt, refused, why, now()); });
  };
  hooks.message = [this](std::uint64_t attempt, LinkMessage&& message, std::function<void()> done) {
    on_message(attempt, std::move(message), std::move(done));
  };
  return hooks;
}

/// Paho's thread.
void Engine::on_message(std::uint64_t attempt, LinkMessage&& message, std::function<void()> done) {
  post({[this, attempt, message = std::move(message)]() -> Failure {
          if (!connector_->is_current(attempt)) return Fault{"closed", "of a connection that is gone", ""};
          client_->receive(message.topic, message.payload, now());
          return std::nullopt;
        },
        [done = std::move(done)](const Failure& failure) {
          if (!failure) done();  // else the next connection asks for what was in it
        }},
       false);
}

void Engine::on_connection(Connector::State state) {
  if (state == Connector::State::connected) {
    standing_.erase("token_refused");
    standing_.erase("token");
    client_->connected(now());
    subscribe();
    live_->connected();
    tick_at_ = now() + bounds::tick_ms;
  } else if (state == Connector::State::offline) {
    client_->disconnected();
  }
}

/// Retained heads arrive by it.
void Engine::subscribe() {
  std::vector<std::string> filters{"sync/" + client_id_ + "/#", "sync/status"};
  for (const auto& [scope, reads] : modes_) {
    if (reads) filters.push_back(scope + "/log");
  }
  for (const std::string& scope : live_->watched()) filters.push_back(scope + "/live/+");
  wire_->subscribe(std::move(filters));
  client_->subscribed(now());
  const double jitter = 0.9 + random_unit() / 5;
  resubscribe_at_ = now() + static_cast<std::int64_t>(static_cast<double>(bounds::resubscribe_ms) * jitter);
}

void Engine::publish(const std::string& topic, const std::string& payload, int qos) {
  const bool is_json = payload.starts_with('{') && !topic.starts_with('$');
  wire_->publish(
      {.topic = topic, .payload = payload, .qos = qos, .content_type = is_json ? "application/json" : ""});
}

void Engine::on_event(Event& event) {
  std::visit(Overloaded{
                 [this](const Settled& it) { observer_.on_result(it.scope, it.key, it.outcome); },
                 [this](const ProblemFound& it) { observer_.on_problem(it.problem); },
                 [this](const Purged& it) { observer_.on_revoked(it.scope, it.reason); },
                 [this](const Failed& it) { fail(it.scope, it.fault); },
                 [this](const LiveHeard& it) { on_live(it); },
                 [this](const TokenNotice&) { on_token_notice(); },
                 [](const ClockNotice&) {},
                 // Nobody asked for them.
                 [](const ConfirmedChange&) {},
                 [](const GapFound&) {},
                 [](const DigestDiffered&) {},
             },
             event);
}

void Engine::on_token_notice() {
  const bool answer = renewed_at_ && now() - *renewed_at_ < bounds::renewal_ms;
  if (!answer) return observer_.on_token_needed();
  standing_.erase("token_refused");
  post_event([this] {
    subscribe();  // to what was denied
    client_->granted(now());
  });
}

void Engine::on_live(const LiveHeard& heard) {
  if (heard.client == client_id_) return;
  const LiveWords words = parse_live(heard.payload);
  if (words.message) observer_.on_live(heard.scope, heard.client, *words.message);
  if (words.state && views_.hear(heard.scope, heard.client, *words.state, now()))
    observer_.on_peers(heard.scope);
}

void Engine::fail(const std::string& scope, const Fault& fault) {
  last_error_ = fault;
  if (is_standing(fault.code)) standing_[fault.code] = fault;
  observer_.on_error(scope, fault);
}

State Engine::state() {
  if (!client_->unsupported()) standing_.erase("protocol_version");
  if (!standing_.empty()) return State::error;
  if (connector_->state() == Connector::State::offline) return State::offline;
  if (connector_->state() == Connector::State::connecting || !client_->status()) return State::connecting;
  if (!client_->status()->online) return State::offline;
  for (const auto& [name, scope] : client_->scopes()) {
    if (!scope->settled() && scope->readable()) return State::syncing;
  }
  return State::idle;
}

/// A clock that can be right stays as it is: what an answer's way took must not put two devices out of order. True if it
/// moved so far that it is worth storing.
bool Engine::correct_clock(const std::vector<Event>& events) {
  const std::int64_t before = device_.correction;
  for (const Event& event : events) {
    const auto* said = std::get_if<ClockNotice>(&event);
    if (said == nullptr) continue;
    const std::int64_t least = said->server_now - device_clock();
    const bool open_ended = !said->age_ms.has_value();
    const std::int64_t most = open_ended ? INT64_MAX : least + *said->age_ms + 1;
    if (device_.correction >= least && device_.correction <= most) continue;
    device_.correction = open_ended ? least : least + (most - least) / 2;
  }
  return std::abs(device_.correction - before) > bounds::correction_ms;
}

}  // namespace msync::client
