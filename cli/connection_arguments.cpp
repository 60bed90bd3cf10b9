#include "cli/connection_arguments.h"

#include <sysexits.h>

#include "bridge/random.h"
#include "cli/clock.h"
#include "core/base64url.h"
#include "core/collection.h"
#include "core/token.h"
#include "core/topic.h"
#include "mqtt/broker_address.h"
#include "platform/files.h"

namespace msync {
namespace {

Error mistake(const std::string& what) {
  return Error{Code::bad_config, what};
}

Result<std::string> read_token(const std::string& file) {
  auto bytes = read_file(file, limits::max_token_bytes);
  if (!bytes) return bytes.error();
  std::string token = std::move(*bytes);
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  if (token.empty()) return mistake(file + ": there is no token in it");
  return token;
}

/// From a token file: read again at every connect, so that a renewed token is used.
Result<Account> account_of_token(const ConnectionArguments& arguments) {
  const auto token = read_token(arguments.token_file);
  if (!token) return token.error();
  const auto user = user_of(*token, arguments.claims.user_claim);
  if (!user) return Error{user.error().code, arguments.token_file + ": " + user.error().message};
  Account account;
  account.user = *user;
  account.token = [file = arguments.token_file] {
    auto again = read_token(file);
    return again ? *again : std::string();
  };
  return account;
}

Result<Account> account_of_secret(const ConnectionArguments& arguments) {
  const auto secret = read_secret(arguments.secret_file);
  if (!secret) return secret.error();
  const auto sign = [claims = arguments.claims, key = *secret] {
    const auto made = make_claims(claims, unix_time_ms() / 1000, random_hex(16));
    return made ? Result<std::string>(make_token(*made, key)) : Result<std::string>(made.error());
  };
  if (const auto first = sign(); !first) return first.error();
  Account account;
  account.user = arguments.claims.user;
  account.token = [sign] { return *sign(); };
  return account;
}

}  // namespace

void add_connection_options(CLI::App& command, ConnectionArguments& arguments) {
  add_option(command, "--broker", arguments.broker, "mqtt://HOST:PORT or mqtts://HOST:PORT")->required();
  add_option(command, "--ca-file", arguments.ca_file,
             "whom to believe with mqtts:// (default: what the system trusts)");
  add_option(command, "--token-file", arguments.token_file,
             "the token to connect with; read again at every connect");
  add_option(command, "--secret-file", arguments.secret_file,
             "or the plugin's HS256 key, to make a token of --sub's");
  add_option(command, "--sub", arguments.claims.user, "with --secret-file: the user");
  add_option(command, "--role", arguments.claims.roles, "with --secret-file: a role; may be repeated")
      ->allow_extra_args(false);
  add_option(command, "--claim", arguments.claims.claims, "with --secret-file: NAME=VALUE; may be repeated")
      ->allow_extra_args(false);
  add_option(command, "--user-claim", arguments.claims.user_claim, "the claim that names the user")
      ->capture_default_str();
  add_option(command, "--device", arguments.device,
             "second part of the client id (default: cli- and a random number)");
  add_option(command, "--wait", arguments.wait, "how long to wait for broker and bridge at the start")
      ->capture_default_str();
}

Result<Account> open_account(const ConnectionArguments& arguments, int& exit_code) {
  exit_code = EX_USAGE;
  if (const auto broker = parse_broker(arguments.broker); !broker)
    return mistake("--broker: " + broker.error().message);
  const auto wait_ms = parse_duration_ms(arguments.wait);
  if (!wait_ms) return mistake("--wait " + arguments.wait + ": write 30s or 5m");
  if (arguments.token_file.empty() == arguments.secret_file.empty())
    return mistake("give --token-file F, or --secret-file F with --sub USER");
  if (!arguments.secret_file.empty() && arguments.claims.user.empty())
    return mistake("--secret-file needs --sub USER: whom the token shall name");
  if (!arguments.token_file.empty() &&
      (!arguments.claims.user.empty() || !arguments.claims.roles.empty() || !arguments.claims.claims.empty()))
    return mistake("--sub, --role and --claim go with --secret-file; the token of --token-file says its own");

  exit_code = EX_CONFIG;
  auto account = arguments.token_file.empty() ? account_of_secret(arguments) : account_of_token(arguments);
  if (!account) return account.error();
  account->wait_ms = *wait_ms;
  account->client_id =
      account->user + ":" + (arguments.device.empty() ? "cli-" + random_hex(6) : arguments.device);
  if (!parse_client_id(account->client_id)) {
    exit_code = EX_USAGE;
    return mistake("--device " + arguments.device + ": 1 to 64 of letters, digits, - and _");
  }
  return account;
}

Result<std::string> user_of(const std::string& token, const std::string& user_claim) {
  const Error no_token{Code::token, "this is no token (a JWT: three parts with dots between them)"};
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos) return no_token;
  const auto payload = base64url_decode(std::string_view(token).substr(first + 1, second - first - 1));
  if (!payload) return no_token;
  const auto claims = parse_json(*payload);
  if (!claims || !claims->is_object()) return no_token;
  const auto user = claims->find(user_claim);
  if (user == claims->end() || !user->is_string() || !valid_level(user->get<std::string>()))
    return Error{Code::token, "the token's claim '" + user_claim + "' names no user"};
  return user->get<std::string>();
}

}  // namespace msync
