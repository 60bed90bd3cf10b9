// mosquitto-sync watch: one scope, what it holds and what happens to it, for people who look for a fault.
#include <sysexits.h>

#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/scope_client.h"
#include "cli/terminal.h"
#include "cli/watch_format.h"

namespace msync {
namespace {

constexpr int tick_ms = 200;

/// The live log can lose a message without anybody noticing until the next one: so look now and then.
constexpr std::int64_t look_again_ms = 15 * 60'000;

struct WatchArguments {
  ConnectionArguments connection;
  std::string scope;
  bool json = false;
};

class Watch {
 public:
  Watch(const WatchArguments& arguments, const Account& account)
      : arguments_(arguments),
        account_(account),
        client_(arguments.connection, account, arguments.scope, true) {}

  int run();

 private:
  std::optional<int> handle(const SyncEvent& event);
  std::optional<int> on_message(const LinkMessage& message);
  void on_status(const ServerStatus& status);
  std::optional<int> on_notice(const Notice& notice);
  std::optional<int> patience() const;
  void look_again();
  void tell(const client::Event& event);
  void show(const client::ConfirmedChange& change);

  const WatchArguments& arguments_;
  const Account& account_;
  std::int64_t began_ms_ = steady_time_ms();
  std::int64_t looked_ms_ = began_ms_;
  std::minstd_rand dice_{std::random_device{}()};
  std::optional<ServerStatus> status_;
  bool was_whole_ = false;
  ScopeClient client_;
};

void remark(const std::string& text) {
  std::cerr << "# " << for_terminal(text, 0) << std::endl;
}

void Watch::show(const client::ConfirmedChange& change) {
  if (arguments_.json)
    std::cout << change_json(change) << "\n";
  else
    std::cout << change_line(change, terminal_width()) << "\n";
}

void Watch::tell(const client::Event& event) {
  if (const auto* change = std::get_if<client::ConfirmedChange>(&event)) {
    show(*change);
  } else if (const auto* gap = std::get_if<client::GapFound>(&event)) {
    remark("a change is missing before " + std::to_string(gap->to) + ": pulling");
  } else if (const auto* digest = std::get_if<client::DigestDiffered>(&event)) {
    remark("what was received does not fit the server's digest at " + std::to_string(digest->seq) +
           (digest->again ? ", and did not after a snapshot either" : ": pulling everything"));
  } else if (const auto* failed = std::get_if<client::Failed>(&event)) {
    if (failed->fault.code == "bad_message") remark("unreadable message on " + failed->fault.message);
    if (failed->fault.code == "protocol_version") remark(failed->fault.message);
  }
}

int Watch::run() {
  while (!interrupted()) {
    const auto event = client_.next(tick_ms);
    if (event) {
      if (const auto over = handle(*event)) return *over;
    }
    if (const auto over = patience()) return *over;
    look_again();
    for (const client::Event& told : client_.take()) tell(told);
    std::cout.flush();
    if (!std::cout) return EX_OK;  // nobody reads any more
    if (client_.scope().settled() && !was_whole_) {
      was_whole_ = true;
      const client::Replica& replica = client_.scope().replica();
      remark(arguments_.scope + " is at " + std::to_string(replica.state.seq) + " with " +
             std::to_string(replica.documents().count()) + " documents; waiting for changes");
    }
  }
  return EX_OK;
}

std::optional<int> Watch::handle(const SyncEvent& event) {
  if (const auto* lost = std::get_if<Disconnected>(&event)) {
    if (lost->refused && !was_whole_) return complain(EX_NOPERM, client_.connection().last_trouble());
    remark("not connected: " + lost->why);
  } else if (const auto* message = std::get_if<LinkMessage>(&event)) {
    return on_message(*message);
  }
  return std::nullopt;
}

std::optional<int> Watch::on_message(const LinkMessage& message) {
  if (const auto status = SyncClient::status_in(message)) on_status(*status);
  const auto notice = client_.connection().notice_in(message);
  return notice ? on_notice(*notice) : std::nullopt;
}

void Watch::on_status(const ServerStatus& status) {
  if (!status_ || *status_ != status)
    remark(std::string("server ") + (status.online ? "online" : "offline") + ", epoch " + status.epoch +
           ", version " + status.version);
  if (status_ && status.online && status.epoch != status_->epoch) was_whole_ = false;
  status_ = status;
}

std::optional<int> Watch::on_notice(const Notice& notice) {
  remark(std::string("notice ") + to_string(notice.code) + ": " + notice.message +
         (notice.topic.empty() ? "" : " (" + notice.topic + ")"));
  if (notice.code == Code::denied || notice.code == Code::revoked) return EX_NOPERM;
  return std::nullopt;
}

std::optional<int> Watch::patience() const {
  if (was_whole_ || steady_time_ms() - began_ms_ < account_.wait_ms) return std::nullopt;
  const SyncClient& connection = client_.connection();
  if (!connection.is_connected()) return complain(EX_UNAVAILABLE, connection.last_trouble());
  if (!status_ || !status_->online)
    return complain(EX_UNAVAILABLE, "the bridge is not online, says sync/status");
  if (client_.scope().replica().state.epoch.empty())
    return complain(EX_UNAVAILABLE, "the bridge does not answer");
  return std::nullopt;
}

void Watch::look_again() {
  const std::int64_t now_ms = steady_time_ms();
  if (now_ms - looked_ms_ <= look_again_ms) return;
  looked_ms_ = now_ms + std::uniform_int_distribution<std::int64_t>(0, 60'000)(dice_);
  client_.scope().want_pull();
}

int run(const WatchArguments& arguments) {
  int exit_code = EX_USAGE;
  const auto account = open_account(arguments.connection, exit_code);
  if (!account) return complain(exit_code, account.error().message);
  catch_interrupts();
  return Watch(arguments, *account).run();
}

}  // namespace

Command add_watch_command(CLI::App& app) {
  auto arguments = std::make_shared<WatchArguments>();
  CLI::App* watch = app.add_subcommand(
      "watch",
      "Show what a scope holds, then every change as it happens: number, version, operation, id, who,\n"
      "data. Remarks, such as lost connections, go to stderr. Ctrl-C ends it.");
  add_connection_options(*watch, arguments->connection);
  watch->add_flag("--json", arguments->json, "a line of JSON for each change, with the whole document");
  watch->add_option("SCOPE", arguments->scope, "such as chat/42/messages")->required();
  return {watch, [arguments] { return run(*arguments); }};
}

}  // namespace msync
