// How a command reaches a broker and who it is there: the options that `import`, `watch` and `revoke` share.
#pragma once

#include <functional>
#include <string>

#include "cli/claims.h"
#include "cli/command.h"
#include "core/result.h"

namespace msync {

struct ConnectionArguments {
  std::string broker;
  std::string ca_file;
  std::string token_file;
  std::string secret_file;  // the command makes its own token, for tests and single machines
  ClaimArguments claims;    // of it
  std::string device;
  std::string wait = "30s";
};

void add_connection_options(CLI::App& command, ConnectionArguments& arguments);

/// Who connects, and with what.
struct Account {
  std::string user;
  std::string client_id;
  std::function<std::string()> token;  // asked at every connect
  std::int64_t wait_ms = 0;            // how long to wait for the broker and the bridge, at the start
};

/// Code::bad_config with what is missing or wrong. `exit_code` says whether usage (64) or a file (78) is.
Result<Account> open_account(const ConnectionArguments& arguments, int& exit_code);

/// The user whom a token names, unverified: the broker verifies. Code::token if it is no JWT.
Result<std::string> user_of(const std::string& token, const std::string& user_claim);

}  // namespace msync
