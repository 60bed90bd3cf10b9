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
             .connected = [this](bool) { connected(); },
             .disconnected = [this](const std::string& why) { disconnected(why); }}) {
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

bool SyncClient::send(const std::string& topic, const std::string& payload, int qos) {
  return link_.publish({.topic = topic, .payload = payload, .qos = qos, .content_type = "application/json"});
}

std::optional<Notice> SyncClient::notice_in(const LinkMessage& message) const {
  if (message.topic != inbox_ + "notice") return std::nullopt;
  auto notice = decode_notice(message.payload);
  return notice ? std::optional(std::move(*notice)) : std::nullopt;
}

std::optional<ServerStatus> SyncClient::status_in(const LinkMessage& message) {
  if (message.topic != "sync/status") return std::nullopt;
  auto status = decode_status(message.payload);
  return status ? std::optional(std::move(*status)) : std::nullopt;
}

bool SyncClient::refused() const {
  constexpr int bad_user_or_password = 0x86;
  constexpr int not_authorized = 0x87;
  const int reason = link_.last_refusal();
  return reason == bad_user_or_password || reason == not_authorized;
}

// Connections are few and must be heard of; messages can be lost.

void SyncClient::connected() {
  std::lock_guard lock(mutex_);
  connected_ = true;
  queue_.emplace_back(Connected{});
  for (LinkMessage& message : std::exchange(early_, {})) queue_.emplace_back(std::move(message));
  arrived_.notify_one();
}

void SyncClient::disconnected(const std::string& why) {
  std::lock_guard lock(mutex_);
  connected_ = false;
  early_.clear();
  queue_.emplace_back(Disconnected{why, refused()});
  arrived_.notify_one();
}

void SyncClient::receive(LinkMessage&& message) {
  std::lock_guard lock(mutex_);
  if (queue_.size() + early_.size() >= queue_max) return;
  if (!connected_) return early_.push_back(std::move(message));
  queue_.emplace_back(std::move(message));
  arrived_.notify_one();
}

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupts = 1; });
}

bool interrupted() {
  return interrupts != 0;
}

}  // namespace msync
