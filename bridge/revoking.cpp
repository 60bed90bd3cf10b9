#include "bridge/revoking.h"

#include <algorithm>

namespace msync {

Result<Revocation> judge_revoke(std::string_view payload, std::int64_t at_s,
                                const std::vector<Revocation>& known, const RevokeRules& rules) {
  auto asked = decode_revoke(payload);
  if (!asked) return asked.error();
  if (!asked->user.empty() && asked->user == rules.bridge_user) {
    return Error{Code::denied, "the bridge's own user cannot be revoked: change the keys instead", ""};
  }
  asked->at_s = at_s;
  asked->until_s = at_s + rules.max_token_ttl_s + limits::leeway_s;
  const auto others = std::count_if(known.begin(), known.end(), [&](const Revocation& other) {
    return other.until_s > at_s && (other.user != asked->user || other.token_id != asked->token_id);
  });
  if (static_cast<std::size_t>(others) >= limits::revocations) {
    return Error{Code::quota,
                 std::to_string(limits::revocations) +
                     " revocations are in force, which is all there is room for: change the keys instead",
                 ""};
  }
  return *std::move(asked);
}

std::vector<Revocation> in_force(std::vector<Revocation> known, std::int64_t now_s) {
  std::erase_if(known, [&](const Revocation& one) { return one.until_s <= now_s; });
  return known;
}

}  // namespace msync
