// Who asks: the token of a request, verified by the same rules as at the broker's door.
//
// Rights are judged per scope by may(): with the grants of the collection, memberships looked up in the store, and the
// revocations in force. One thread at a time, the HTTP side's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bridge/http/message.h"
#include "bridge/store/store.h"
#include "core/bucket.h"
#include "core/token.h"
#include "platform/key_file.h"
#include "platform/login_guard.h"

namespace msync {

/// How HTTP clients' tokens are verified and what one user may ask for.
struct CallerRules {
  TokenPolicy policy;
  std::string jwks_file;                                      // read again when it changes; may be empty
  FileMark jwks_mark;                                         // of the file that policy.keys came from
  std::uint32_t requests_per_s = limits::max_messages_per_s;  // of one user
  std::uint32_t free_failures = limits::free_login_failures;  // 0: wrong tokens never cost anything
};

class Callers {
 public:
  explicit Callers(CallerRules rules)
      : rules_(std::move(rules)),
        key_file_(rules_.jwks_file, rules_.jwks_mark),
        guard_(rules_.free_failures) {}

  /// The bearer of the request's token, or the answer that refuses it: 401, or 429 with Retry-After. After some
  /// wrong signatures an address is not heard for a while (platform/login_guard.h), but for tokens that were right before.
  std::variant<std::shared_ptr<const Identity>, HttpResponse> identify(const HttpRequest& request,
                                                                       const Collections& collections,
                                                                       std::int64_t now_ms);

 private:
  std::optional<std::int64_t> over_quota(const std::string& user, std::int64_t now_ms);
  void look_at_keys(std::int64_t now_ms);
  std::int64_t unheard(const std::string& address, std::string_view token, std::int64_t now_ms) const;
  Result<Identity> verify(const std::string& address, std::string_view token, std::int64_t now_ms);

  CallerRules rules_;
  KeyFile key_file_;
  std::unordered_map<std::string, Bucket> buckets_;  // by user; forgotten when there are too many
  LoginGuard guard_;
  std::unordered_set<std::size_t> right_;  // hashes of tokens that were right; forgotten likewise
};

/// Memberships as the store has them now.
class StoredMemberships : public Memberships {
 public:
  explicit StoredMemberships(View& view) : view_(view) {}
  bool contains(std::string_view scope, std::string_view user) const override;

 private:
  View& view_;
};

/// May `who` use `right` in this scope now? Not with a token that has ended or was revoked. Throws StoreError.
bool may(View& view, const Collections& collections, std::string_view scope, const Identity& who, Right right,
         std::int64_t now_s);

/// Of a token that the store says is revoked.
bool is_revoked(View& view, const Identity& who, std::int64_t now_s);

}  // namespace msync
