#include "cli/sync_client.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <utility>

namespace msync {
namespace {

volatile std::sig_atomic_t interrupts = 0;

LinkOptions link_options(const ConnectionArguments& arguments, const Account& account) {
  LinkOptions options;
  options.broker = arguments.broker;
  options.ca_file = arguments.ca_file;
  options.client_id = account.client_id;
  options.token = account.token;
  return options;
}

}  // namespace

SyncClient::SyncClient(const ConnectionArguments& arguments, const Account& account,
                       std::vector<std::string> filters)
    : inbox_("sync/" + account.client_id + "/"),
      link_(link_options(arguments, account),
            {.message = [this](LinkMessage&& message) { receive(std::move(message)); },
             .connected = [this](bool) { push(Connected{}); },
             .disconnected =
                 [this](const std::string& why) {
                   push(Disconnected{why, refused()});
                 }}) {
  filters.push_back(inbox_ + "#");
  filters.emplace_back("sync/status");
  link_.subscribe(std::move(filters));
  link_.open();
}

std::optional<SyncEvent> SyncClient::next(int timeout_ms) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return !queue_.empty(); });
  if (queue_.empty()) return std::nullopt;
  SyncEvent event = std::move(queue_.front());
  queue_.pop_front();
  if (const auto* lost = std::get_if<Disconnected>(&event))
    last_trouble_ = lost->why.substr(0, lost->why.find("; next attempt"));
  return event;
}

bool SyncClient::send(const std::string& topic, const std::string& payload) {
  return link_.publish({.topic = topic, .payload = payload, .content_type = "application/json"});
}

bool SyncClient::refused() const {
  constexpr int bad_user_or_password = 0x86;
  constexpr int not_authorized = 0x87;
  const int reason = link_.last_refusal();
  return reason == bad_user_or_password || reason == not_authorized;
}

void SyncClient::push(SyncEvent&& event) {
  std::lock_guard lock(mutex_);
  // Connections are few and must be heard of; messages can be lost.
  const bool message =
      !std::holds_alternative<Connected>(event) && !std::holds_alternative<Disconnected>(event);
  if (message && queue_.size() >= queue_max) return;
  queue_.push_back(std::move(event));
  arrived_.notify_one();
}

void SyncClient::receive(LinkMessage&& message) {
  const auto decoded = [&](auto&& result) {
    if (result)
      push(std::move(*result));
    else
      push(Unreadable{message.topic, result.error().message});
  };
  if (message.topic == "sync/status") {
    auto status = decode_status(message.payload);
    if (status)
      push(StatusSeen{std::move(*status), limits_of(message.payload)});
    else
      push(Unreadable{message.topic, status.error().message});
  } else if (message.topic.starts_with(inbox_ + "ack/")) {
    decoded(decode_ack(message.payload));
  } else if (message.topic == inbox_ + "notice") {
    decoded(decode_notice(message.payload));
  } else if (message.topic == door_topic::revoked) {
    decoded(decode_revoked(message.payload));
  } else if (message.topic.starts_with(inbox_ + "delta/") || message.topic.ends_with("/log")) {
    decoded(decode_delta(message.payload));
  }
}

ServerLimits limits_of(std::string_view status_payload) {
  ServerLimits limits;
  const auto status = parse_json(status_payload);
  if (!status || !status->is_object()) return limits;
  const auto said = status->find("limits");
  if (said == status->end() || !said->is_object()) return limits;
  const auto take = [&](const char* name, std::size_t& limit) {
    const auto value = said->find(name);
    if (value != said->end() && value->is_number_unsigned() && *value > 0) limit = value->get<std::size_t>();
  };
  take("max_payload_bytes", limits.max_payload_bytes);
  take("max_mutations", limits.max_mutations);
  take("max_depth", limits.max_depth);
  take("max_unacked", limits.max_unacked);
  return limits;
}

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupts = 1; });
}

bool interrupted() {
  return interrupts != 0;
}

}  // namespace msync
