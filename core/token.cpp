#include "core/token.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/jws.h"
#include "core/topic.h"

namespace msync {
namespace {

constexpr char kBridgeRole[] = "bridge";

Error refused(std::string message) {
  return {Code::token, std::move(message)};
}

/// An empty secret would be everybody's key: no key verifies nothing.
Result<std::string> verify_signature(std::string_view token, const TokenPolicy& policy) {
  if (policy.keys) return verify_jws(token, *policy.keys);
  if (policy.secret.empty()) return refused("there is no key to verify with");
  return verify_jws_hs256(token, policy.secret);
}

/// A NumericDate: seconds, a fraction allowed, within what a double holds exactly.
std::optional<std::int64_t> parse_date(const Json& value) {
  constexpr auto kMax = static_cast<double>(limits::integer_max);
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kMax) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

std::optional<Error> fault_of_start(const Json& claims, const char* name, std::int64_t latest_s) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return std::nullopt;
  const auto start_s = parse_date(*claim);
  if (!start_s) return refused(std::string(name) + " is no time");
  if (*start_s > latest_s) return refused(std::string(name) + " is in the future");
  return std::nullopt;
}

Result<std::int64_t> check_times(const Json& claims, const TokenPolicy& policy, std::int64_t now_s) {
  const auto exp = claims.find("exp");
  if (exp == claims.end()) return refused("no exp");
  const auto expires_at_s = parse_date(*exp);
  if (!expires_at_s) return refused("exp is no time");
  if (*expires_at_s < now_s - policy.leeway_s) return refused("expired");
  if (*expires_at_s > now_s + policy.max_ttl_s) {
    return refused("exp is more than " + std::to_string(policy.max_ttl_s) + " s ahead");
  }
  for (const char* name : {"nbf", "iat"}) {
    if (auto fault = fault_of_start(claims, name, now_s + policy.leeway_s)) return *fault;
  }
  // Refused all its life, not only until its end comes near: by then its revocation would be forgotten.
  const auto iat = claims.find("iat");
  if (iat != claims.end() && *expires_at_s - *parse_date(*iat) > policy.max_ttl_s + policy.leeway_s) {
    return refused("exp is more than " + std::to_string(policy.max_ttl_s) + " s after iat");
  }
  return *expires_at_s;
}

bool names_audience(const Json& aud, const std::string& audience) {
  if (aud.is_string()) return aud == audience;
  if (!aud.is_array()) return false;
  if (!std::all_of(aud.begin(), aud.end(), [](const Json& one) { return one.is_string(); })) return false;
  return std::find(aud.begin(), aud.end(), audience) != aud.end();
}

std::optional<Error> fault_of_parties(const Json& claims, const TokenPolicy& policy) {
  if (!policy.issuer.empty()) {
    const auto iss = claims.find("iss");
    if (iss == claims.end() || *iss != policy.issuer) return refused("iss is not ours");
  }
  if (!policy.audience.empty()) {
    const auto aud = claims.find("aud");
    if (aud == claims.end() || !names_audience(*aud, policy.audience)) return refused("aud is not ours");
  }
  return std::nullopt;
}

Result<std::string> user_of(const Json& claims, const std::string& name) {
  const auto claim = claims.find(name);
  if (claim == claims.end() || !claim->is_string()) return refused("no user: claim " + name + " is no text");
  auto user = claim->get<std::string>();
  if (!valid_level(user)) return refused("claim " + name + " cannot be a level of a topic");
  return user;
}

Result<std::vector<std::string>> roles_of(const Json& claims) {
  std::vector<std::string> roles;
  const auto claim = claims.find("roles");
  if (claim == claims.end()) return roles;
  if (!claim->is_array()) return refused("roles is no list");
  for (const Json& role : *claim) {
    if (!role.is_string()) return refused("roles has an element that is no text");
    roles.push_back(role.get<std::string>());
  }
  return roles;
}

/// The role `bridge` is the configured user's alone; whoever else claims it does not have it.
void settle_bridge(Identity& who, const TokenPolicy& policy) {
  if (who.user == policy.bridge_user) {
    who.bridge = std::find(who.roles.begin(), who.roles.end(), kBridgeRole) != who.roles.end();
  } else {
    std::erase(who.roles, kBridgeRole);
  }
}

}  // namespace

Result<Identity> verify_token(std::string_view token, const TokenPolicy& policy, std::int64_t now_s,
                              bool* signed_by_us) {
  const auto payload = verify_signature(token, policy);
  if (signed_by_us) *signed_by_us = payload.ok();
  if (!payload) return payload.error();
  auto claims = parse_json(*payload);
  if (!claims || !claims->is_object()) return refused("the claims are no JSON object, or one is there twice");
  const auto expires_at_s = check_times(*claims, policy, now_s);
  if (!expires_at_s) return expires_at_s.error();
  if (auto fault = fault_of_parties(*claims, policy)) return *fault;
  auto user = user_of(*claims, policy.user_claim);
  if (!user) return user.error();
  auto roles = roles_of(*claims);
  if (!roles) return roles.error();

  Identity who;
  who.user = *std::move(user);
  who.roles = *std::move(roles);
  who.claims = *std::move(claims);
  who.expires_at_s = *expires_at_s;
  settle_bridge(who, policy);
  return who;
}

std::string make_token(const Json& claims, std::string_view secret) {
  return make_jws_hs256(to_text(claims), secret);
}

Result<std::string> parse_secret(std::string_view file_bytes) {
  if (file_bytes.ends_with('\n')) file_bytes.remove_suffix(file_bytes.ends_with("\r\n") ? 2 : 1);
  if (file_bytes.size() < limits::min_secret_bytes) {
    return Error{Code::bad_config, "a secret needs at least " + std::to_string(limits::min_secret_bytes) +
                                       " bytes, this one has " + std::to_string(file_bytes.size()) +
                                       "; make one with: openssl rand -base64 48"};
  }
  return std::string(file_bytes);
}

}  // namespace msync
