#include "cli/scope_client.h"

#include <random>
#include <utility>

#include "bridge/random.h"
#include "cli/clock.h"

namespace msync {
namespace {

client::Client::Options options_of(const Account& account, bool watches) {
  const auto dice = [engine = std::minstd_rand(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
  return {account.user,
          account.client_id,
          dice,
          [] { return random_hex(16); },
          {.stored = false, .traced = watches}};
}

std::vector<std::string> logs_of(const std::string& scope, bool watches) {
  return watches ? std::vector{scope + "/log"} : std::vector<std::string>();
}

}  // namespace

ScopeClient::ScopeClient(const ConnectionArguments& arguments, const Account& account, std::string scope,
                         bool watches)
    : name_(std::move(scope)),
      core_(options_of(account, watches)),
      connection_(arguments, account, logs_of(name_, watches)) {
  core_.open(name_, {}, true, steady_time_ms());
}

std::optional<SyncEvent> ScopeClient::next(int timeout_ms) {
  auto event = connection_.next(timeout_ms);
  const std::int64_t now_ms = steady_time_ms();
  if (event) hear(*event, now_ms);
  if (now_ms >= tick_at_ms_) {
    tick_at_ms_ = now_ms + client::bounds::tick_ms;
    core_.tick(now_ms);
  }
  return event;
}

void ScopeClient::hear(const SyncEvent& event, std::int64_t now_ms) {
  if (std::holds_alternative<Connected>(event)) {
    core_.connected(now_ms);
  } else if (std::holds_alternative<Disconnected>(event)) {
    core_.disconnected();
  } else if (const auto* message = std::get_if<LinkMessage>(&event)) {
    core_.receive(message->topic, message->payload, now_ms);
  }
}

std::vector<client::Event> ScopeClient::take() {
  client::Effects effects = core_.take();
  for (const client::Outgoing& each : effects.outgoing) connection_.send(each.topic, each.payload, each.qos);
  return std::move(effects.events);
}

void ScopeClient::reopen_for_writing() {
  core_.open(name_, {}, false, steady_time_ms());
}

}  // namespace msync
