// The claims of a token as a person types them: --sub alice --role editor --claim rooms=42,43 --ttl 1h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"

namespace msync {

struct ClaimArguments {
  std::string user;
  std::string user_claim = "sub";
  std::vector<std::string> roles;
  std::vector<std::string> claims;  // NAME=VALUE
  std::string ttl = "1h";
};

/// With iat, exp and a jti. A claim is a list of strings if its value has a comma or its name is given more than
/// once, else a string. Code::bad_config for what no token can hold, or what the plugin would refuse.
Result<Json> make_claims(const ClaimArguments& arguments, std::int64_t now_s, const std::string& jti);

}  // namespace msync
