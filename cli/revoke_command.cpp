// mosquitto-sync revoke: tokens that no longer count, before they end by themselves.
#include <sysexits.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/sync_client.h"
#include "cli/watch_format.h"
#include "core/door_message.h"

namespace msync {
namespace {

constexpr int tick_ms = 200;
constexpr std::int64_t ask_again_ms = 1'000;  // a revocation's time is in seconds, and only a later one tells

struct RevokeArguments {
  ConnectionArguments connection;
  Revocation wanted;
  bool list = false;
};

bool same_name(const Revocation& a, const Revocation& b) {
  return a.user == b.user && a.token_id == b.token_id;
}

std::string line_of(const Revocation& one) {
  const std::string what = one.user.empty() ? "the token " + one.token_id : "tokens of " + one.user;
  return for_terminal(what, 0) + (one.user.empty() ? "" : " issued up to " + utc_text(one.at_s * 1000)) +
         " are revoked until " + utc_text(one.until_s * 1000);
}

class Revoke {
 public:
  Revoke(const RevokeArguments& arguments, const Account& account)
      : arguments_(arguments),
        deadline_ms_(steady_time_ms() + account.wait_ms),
        client_(arguments.connection, account, {std::string(door_topic::revoked)}) {}

  int run();

 private:
  std::optional<int> handle(const SyncEvent& event);
  std::optional<int> on_message(const LinkMessage& message);
  std::optional<int> on_list(const std::vector<Revocation>& revoked);
  void ask();
  std::optional<int> out_of_patience() const;

  const RevokeArguments& arguments_;
  std::int64_t deadline_ms_;
  bool list_seen_ = false;     // of this connection, or of one before
  std::int64_t before_s_ = 0;  // when the same was revoked before, as the first list had it
  bool asked_ = false;         // on this connection
  std::int64_t asked_ms_ = 0;
  bool online_ = false;
  SyncClient client_;
};

int Revoke::run() {
  while (!interrupted()) {
    if (const auto event = client_.next(tick_ms)) {
      if (const auto over = handle(*event)) return *over;
    }
    const bool due = !asked_ || steady_time_ms() >= asked_ms_ + ask_again_ms;
    if (list_seen_ && due && !arguments_.list) ask();
    if (const auto over = out_of_patience()) return *over;
  }
  return exit_interrupted;
}

std::optional<int> Revoke::handle(const SyncEvent& event) {
  if (std::holds_alternative<Connected>(event)) {
    asked_ = false;  // what was sent on a connection that broke may be lost: asking twice does no harm
  } else if (const auto* lost = std::get_if<Disconnected>(&event)) {
    if (lost->refused) return complain(EX_NOPERM, client_.last_trouble());
  } else if (const auto* message = std::get_if<LinkMessage>(&event)) {
    return on_message(*message);
  }
  return std::nullopt;
}

std::optional<int> Revoke::on_message(const LinkMessage& message) {
  if (message.topic == door_topic::revoked) {
    const auto list = decode_revoked(message.payload);
    if (list) return on_list(*list);
  } else if (const auto status = SyncClient::status_in(message)) {
    online_ = status->online;
  } else if (const auto notice = client_.notice_in(message); notice && notice->topic == door_topic::revoke) {
    return complain(notice->code == Code::quota ? EX_UNAVAILABLE : EX_NOPERM, notice->message);
  }
  return std::nullopt;
}

/// The first list is the one that stood before the request, which goes out then. Its answer is a list with a later
/// revocation: the bridge says the old one again whenever it comes, and may have been away when it was asked.
std::optional<int> Revoke::on_list(const std::vector<Revocation>& revoked) {
  if (arguments_.list) {
    for (const Revocation& one : revoked) std::cout << line_of(one) << "\n";
    return std::cout.flush() ? EX_OK : EX_IOERR;
  }
  const auto found = std::find_if(revoked.begin(), revoked.end(),
                                  [&](const Revocation& one) { return same_name(one, arguments_.wanted); });
  const std::int64_t at_s = found == revoked.end() ? 0 : found->at_s;
  if (!list_seen_) before_s_ = at_s;
  list_seen_ = true;
  if (!asked_ || at_s <= before_s_) return std::nullopt;
  std::cout << line_of(*found) << std::endl;
  return std::cout ? EX_OK : EX_IOERR;
}

void Revoke::ask() {
  asked_ = client_.send(std::string(door_topic::revoke), encode_revoke(arguments_.wanted));
  asked_ms_ = steady_time_ms();
}

std::optional<int> Revoke::out_of_patience() const {
  if (steady_time_ms() < deadline_ms_) return std::nullopt;
  if (!client_.is_connected()) return complain(EX_UNAVAILABLE, client_.last_trouble());
  if (asked_ && !online_)
    return complain(EX_UNAVAILABLE, "the bridge is not online; the request waits for it at the broker");
  return complain(EX_UNAVAILABLE,
                  asked_ ? "the bridge does not answer"
                         : "the broker keeps no list of revocations: was the bridge ever online?");
}

int run(RevokeArguments& arguments) {
  const Revocation& wanted = arguments.wanted;
  if (arguments.list ? !wanted.user.empty() || !wanted.token_id.empty()
                     : wanted.user.empty() == wanted.token_id.empty()) {
    return complain(EX_USAGE, "give one of --user U, --token-id J and --list");
  }
  if (!arguments.list && !decode_revoke(encode_revoke(wanted)))
    return complain(EX_USAGE, "no token can have that: " + (wanted.user + wanted.token_id));
  ConnectionArguments& connection = arguments.connection;
  if (!connection.secret_file.empty()) {
    if (connection.claims.user.empty()) connection.claims.user = "operator";
    connection.claims.roles.emplace_back("operator");
  }
  int exit_code = EX_USAGE;
  const auto account = open_account(connection, exit_code);
  if (!account) return complain(exit_code, account.error().message);
  catch_interrupts();
  return Revoke(arguments, *account).run();
}

}  // namespace

Command add_revoke_command(CLI::App& app) {
  auto arguments = std::make_shared<RevokeArguments>();
  CLI::App* revoke = app.add_subcommand(
      "revoke",
      "Revoke what was issued to a user up to now, or one token: connections end within a second,\n"
      "and no new ones are made with it. Takes the role operator; a token that --secret-file makes\n"
      "has it.");
  add_connection_options(*revoke, arguments->connection);
  add_option(*revoke, "--user", arguments->wanted.user, "whose tokens");
  add_option(*revoke, "--token-id", arguments->wanted.token_id, "or the one token with this jti");
  revoke->add_flag("--list", arguments->list, "print what is revoked, and revoke nothing");
  return {revoke, [arguments] { return run(*arguments); }};
}

}  // namespace msync
