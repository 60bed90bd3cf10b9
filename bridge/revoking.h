// Requests to revoke tokens: docs/protocol.md, "The door". What one comes to, and what is in force.
//
// Pure; the committer asks it within its transaction, the door's teller before it says the list. That the sender may ask
// at all, the plugin has judged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/door_message.h"

namespace msync {

struct RevokeRules {
  std::string bridge_user;  // whom nobody revokes: the bridge would be out for good
  std::int64_t max_token_ttl_s = limits::max_token_ttl_s;  // the plugin's
};

/// The revocation to store, asked for at `at_s`; it takes the place of an earlier one of the same name. Code::malformed,
/// denied, or quota where limits::revocations others of `known` are in force.
Result<Revocation> judge_revoke(std::string_view payload, std::int64_t at_s,
                                const std::vector<Revocation>& known, const RevokeRules& rules);

/// Those of `known` that have not ended.
std::vector<Revocation> in_force(std::vector<Revocation> known, std::int64_t now_s);

}  // namespace msync
