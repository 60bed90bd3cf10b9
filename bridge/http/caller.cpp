#include "bridge/http/caller.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "bridge/http/client_address.h"
#include "bridge/http/problem.h"
#include "core/address.h"

namespace msync {
namespace {

constexpr std::size_t remembered_users = 100'000;   // whoever is forgotten has his burst again
constexpr std::size_t remembered_tokens = 100'000;  // likewise waits with the others of his address

constexpr std::string_view bearer = "bearer ";

/// The token, or nothing where there is none or more than one.
std::string_view token_of(const HttpRequest& request) {
  if (request.count("authorization") != 1) return {};
  const std::string_view value = request.header("authorization");
  if (value.size() <= bearer.size()) return {};
  for (std::size_t i = 0; i < bearer.size(); ++i) {
    const char c = value[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != bearer[i]) return {};
  }
  return value.substr(bearer.size());
}

HttpResponse too_many(const char* detail, std::int64_t wait_ms) {
  HttpResponse refused = problem(429, "quota", detail);
  refused.headers.emplace_back("Retry-After", std::to_string((wait_ms + 999) / 1000));
  return refused;
}

}  // namespace

void Callers::look_at_keys(std::int64_t now_ms) {
  auto loaded = key_file_.look(now_ms);
  if (loaded && loaded->problems.empty())
    rules_.policy.keys = std::make_shared<const KeySet>(std::move(loaded->keys));
}

/// How long the address is still not heard; 0 for a token that was right before, whatever its neighbours do.
std::int64_t Callers::unheard(const std::string& address, std::string_view token, std::int64_t now_ms) const {
  const std::int64_t wait_ms = guard_.wait_ms(address, now_ms);
  if (wait_ms == 0 || right_.contains(std::hash<std::string_view>()(token))) return 0;
  return wait_ms;
}

/// This machine is never slowed: a proxy that does not say for whom it asks would be slowed for everybody.
Result<Identity> Callers::verify(const std::string& address, std::string_view token, std::int64_t now_ms) {
  bool signed_by_us = false;
  auto who = verify_token(token, rules_.policy, now_ms / 1000, &signed_by_us);
  if (who) {
    if (right_.size() >= remembered_tokens) right_.clear();
    right_.insert(std::hash<std::string_view>()(token));
  } else if (!signed_by_us && !is_loopback(address)) {
    if (const std::int64_t pause_ms = guard_.failed(address, now_ms); pause_ms > 0)
      spdlog::warn("event=http_address_paused address={} reason=\"too many wrong tokens\" pause_s={}",
                   address, pause_ms / 1000);
  }
  return who;
}

std::optional<std::int64_t> Callers::over_quota(const std::string& user, std::int64_t now_ms) {
  if (buckets_.size() >= remembered_users) buckets_.clear();
  const auto [found, made] =
      buckets_.try_emplace(user, rules_.requests_per_s, std::uint64_t{2} * rules_.requests_per_s);
  if (found->second.take(now_ms)) return std::nullopt;
  return found->second.retry_after_ms();
}

std::variant<std::shared_ptr<const Identity>, HttpResponse> Callers::identify(const HttpRequest& request,
                                                                              const Collections& collections,
                                                                              std::int64_t now_ms) {
  look_at_keys(now_ms);
  const std::string_view token = token_of(request);
  if (token.empty()) return unauthorized();
  if (const std::int64_t wait_ms = unheard(request.address, token, now_ms); wait_ms > 0)
    return too_many("too many wrong tokens from this address", wait_ms);
  auto who = verify(request.address, token, now_ms);
  if (!who || !unusable_claim(collections.all(), *who).empty()) return unauthorized();
  if (const auto wait_ms = over_quota(who->user, now_ms))
    return too_many("too many requests of this user", *wait_ms);
  return std::make_shared<const Identity>(*std::move(who));
}

bool StoredMemberships::contains(std::string_view scope, std::string_view user) const {
  const auto found = view_.scope(scope);
  return found && view_.document(found->id, user).has_value();
}

bool is_revoked(View& view, const Identity& who, std::int64_t now_s) {
  const auto all = view.revocations();
  return std::any_of(all.begin(), all.end(), [&](const Revocation& revocation) {
    return now_s < revocation.until_s && revokes(revocation, who);
  });
}

bool may(View& view, const Collections& collections, std::string_view scope, const Identity& who, Right right,
         std::int64_t now_s) {
  if (now_s >= who.expires_at_s) return false;
  const Address address = classify_scope(collections, scope);
  if (address.kind != Address::Kind::scope || address.collection == nullptr) return false;
  const StoredMemberships members(view);
  if (!allows(*address.collection, address.variables(), who, right, &members)) return false;
  return !is_revoked(view, who, now_s);
}

}  // namespace msync
