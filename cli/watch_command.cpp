// mosquitto-sync watch: one scope, what it holds and what happens to it, for people who look for a fault.
#include <sysexits.h>

#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include "bridge/random.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/reader.h"
#include "cli/sync_client.h"
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
        reader_(arguments.scope, random_hex(4), [this](const ScopeReplica::Event& event) { show(event); }),
        client_(arguments.connection, account, {arguments.scope + "/log"}) {}

  int run();

 private:
  std::optional<int> handle(const SyncEvent& event);
  void on_status(const ServerStatus& status);
  void on_delta(const Delta& delta);
  std::optional<int> on_notice(const Notice& notice);
  std::optional<int> patience() const;
  void ask();
  void show(const ScopeReplica::Event& event);

  const WatchArguments& arguments_;
  const Account& account_;
  std::int64_t began_ms_ = steady_time_ms();
  std::int64_t looked_ms_ = began_ms_;
  std::minstd_rand dice_{std::random_device{}()};
  std::optional<ServerStatus> status_;
  bool was_whole_ = false;
  Reader reader_;
  SyncClient client_;
};

void remark(const std::string& text) {
  std::cerr << "# " << for_terminal(text, 0) << std::endl;
}

void Watch::show(const ScopeReplica::Event& event) {
  if (arguments_.json)
    std::cout << change_json(arguments_.scope, event) << "\n";
  else
    std::cout << change_line(event, terminal_width()) << "\n";
}

int Watch::run() {
  while (!interrupted()) {
    const auto event = client_.next(tick_ms);
    if (event) {
      if (const auto over = handle(*event)) return *over;
    }
    if (const auto over = patience()) return *over;
    ask();
    std::cout.flush();
    if (!std::cout) return EX_OK;  // nobody reads any more
    if (reader_.whole() && !was_whole_) {
      was_whole_ = true;
      remark(arguments_.scope + " is at " + std::to_string(reader_.replica().seq()) + " with " +
             std::to_string(reader_.replica().documents().size()) + " documents; waiting for changes");
    }
  }
  return EX_OK;
}

std::optional<int> Watch::handle(const SyncEvent& event) {
  if (std::holds_alternative<Connected>(event)) {
    reader_.connected();
  } else if (const auto* lost = std::get_if<Disconnected>(&event)) {
    if (lost->refused && !was_whole_) return complain(EX_NOPERM, client_.last_trouble());
    remark("not connected: " + lost->why);
  } else if (const auto* seen = std::get_if<StatusSeen>(&event)) {
    on_status(seen->status);
  } else if (const auto* delta = std::get_if<Delta>(&event)) {
    on_delta(*delta);
  } else if (const auto* notice = std::get_if<Notice>(&event)) {
    return on_notice(*notice);
  } else if (const auto* unreadable = std::get_if<Unreadable>(&event)) {
    remark("unreadable message on " + unreadable->topic + ": " + unreadable->why);
  }
  return std::nullopt;
}

void Watch::on_status(const ServerStatus& status) {
  if (!status_ || *status_ != status)
    remark(std::string("server ") + (status.online ? "online" : "offline") + ", epoch " + status.epoch +
           ", version " + status.version);
  if (status_ && status.online && status.epoch != status_->epoch) was_whole_ = false;
  status_ = status;
  reader_.on_status(status);
}

void Watch::on_delta(const Delta& delta) {
  const auto took = reader_.on_delta(delta, steady_time_ms());
  if (took == ScopeReplica::Took::gap)
    remark("a change is missing before " + std::to_string(delta.to) + ": pulling");
  if (took != ScopeReplica::Took::damaged) return;
  remark("what was received does not fit the server's digest at " + std::to_string(delta.to) +
         (reader_.replica().wants_snapshot() ? ": pulling everything"
                                             : ", and did not after a snapshot either"));
}

std::optional<int> Watch::on_notice(const Notice& notice) {
  remark(std::string("notice ") + to_string(notice.code) + ": " + notice.message +
         (notice.topic.empty() ? "" : " (" + notice.topic + ")"));
  if (notice.code == Code::denied || notice.code == Code::revoked) return EX_NOPERM;
  return std::nullopt;
}

std::optional<int> Watch::patience() const {
  if (was_whole_ || steady_time_ms() - began_ms_ < account_.wait_ms) return std::nullopt;
  if (!client_.is_connected()) return complain(EX_UNAVAILABLE, client_.last_trouble());
  if (!status_ || !status_->online)
    return complain(EX_UNAVAILABLE, "the bridge is not online, says sync/status");
  if (reader_.replica().epoch().empty()) return complain(EX_UNAVAILABLE, "the bridge does not answer");
  return std::nullopt;
}

void Watch::ask() {
  const std::int64_t now_ms = steady_time_ms();
  const double dice = std::uniform_real_distribution<double>(0, 1)(dice_);
  if (now_ms - looked_ms_ > look_again_ms) {
    looked_ms_ = now_ms + static_cast<std::int64_t>(dice * 60'000);
    reader_.look_again();
  }
  if (const auto pull = reader_.due(now_ms, dice); pull)
    client_.send(arguments_.scope + "/pull", encode(*pull));
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
