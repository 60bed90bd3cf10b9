// mosquitto-sync token: one HS256 token on stdout, for tests and for services that have no identity provider.
#include <sysexits.h>

#include <iostream>
#include <memory>

#include "bridge/random.h"
#include "cli/claims.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "core/token.h"
#include "platform/files.h"

namespace msync {
namespace {

struct TokenArguments {
  std::string secret_file;
  ClaimArguments claims;
};

int run(const TokenArguments& arguments) {
  std::string warning;
  const auto secret = read_secret(arguments.secret_file, &warning);
  if (!secret) return complain(EX_CONFIG, secret.error().message);
  if (!warning.empty()) complain(0, warning);
  const std::int64_t now_s = unix_time_ms() / 1000;
  const auto claims = make_claims(arguments.claims, now_s, random_hex(16));
  if (!claims) return complain(EX_USAGE, claims.error().message);
  const auto ttl_s = (*claims)["exp"].get<std::int64_t>() - now_s;
  if (ttl_s > limits::max_token_ttl_s) {
    complain(0, "--ttl " + arguments.claims.ttl +
                    " is longer than the plugin allows by default (max_token_ttl_s " +
                    std::to_string(limits::max_token_ttl_s) + ")");
  }
  std::cout << make_token(*claims, *secret) << "\n";
  return EX_OK;
}

}  // namespace

Command add_token_command(CLI::App& app) {
  auto arguments = std::make_shared<TokenArguments>();
  CLI::App* token =
      app.add_subcommand("token", "Print a token (a JWT, HS256) that the plugin accepts as a password.");
  add_option(*token, "--secret-file", arguments->secret_file, "HS256 key: the plugin's jwt_secret_file")
      ->required();
  add_option(*token, "--sub", arguments->claims.user, "the user")->required();
  add_option(*token, "--role", arguments->claims.roles, "a role, such as editor; may be repeated")
      ->allow_extra_args(false);
  add_option(*token, "--claim", arguments->claims.claims, "NAME=VALUE or NAME=V1,V2; may be repeated")
      ->allow_extra_args(false);
  add_option(*token, "--ttl", arguments->claims.ttl, "how long it is valid: 30s, 10m, 12h, 1d")
      ->capture_default_str();
  add_option(*token, "--user-claim", arguments->claims.user_claim, "the claim that names the user")
      ->capture_default_str();
  return {token, [arguments] { return run(*arguments); }};
}

}  // namespace msync
