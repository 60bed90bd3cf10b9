// mosquitto-sync check --as: may the bearer of this token do this, and which grant says so?
#pragma once

#include <string>

#include "cli/command.h"
#include "core/collection.h"
#include "core/token.h"

namespace msync {

struct AccessArguments {
  std::string token_file;
  std::string topic;
  std::string action;  // publish, subscribe or receive
  std::string client_id;
  std::string secret_file;
  std::string jwks_file;
  std::string store;  // to look memberships and revocations up
};

void add_access_options(CLI::App& check, AccessArguments& arguments);

/// Prints the decision and what each grant says to it. EX_OK if it is allowed, EX_NOPERM if not, EX_UNAVAILABLE where
/// Mosquitto's own rules decide or the store cannot be read, EX_CONFIG for a key file with mistakes. `policy` is that of
/// mosquitto.conf if there is one; without any key the token is believed as it is.
int check_access(const Collections& collections, const AccessArguments& arguments, TokenPolicy policy);

}  // namespace msync
