#include "cli/check_access.h"

#include <sysexits.h>

#include <iostream>
#include <memory>
#include <optional>

#include "bridge/revoking.h"
#include "bridge/store/store.h"
#include "cli/clock.h"
#include "cli/watch_format.h"
#include "core/base64url.h"
#include "core/explain.h"
#include "platform/files.h"
#include "plugin/acl.h"

namespace msync {
namespace {

/// Memberships as the store has them, which is what the bridge tells the plugin.
class StoreMembers final : public Memberships {
 public:
  explicit StoreMembers(View& view) : view_(view) {}
  bool contains(std::string_view scope, std::string_view user) const override {
    const auto row = view_.scope(scope);
    bool found = false;
    if (!row) return false;
    view_.changes(row->id, 0, row->seq, [&](Change&& change) {
      found = change.id == user && !change.deleted;
      return change.id != user;
    });
    return found;
  }

 private:
  View& view_;
};

void say(const std::string& line) {
  std::cout << for_terminal(line, 0) << "\n";
}

/// The token's payload, whoever signed it.
Result<Json> claims_of(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos)
    return Error{Code::token, "this is no token: three parts with dots between them", ""};
  const auto payload = base64url_decode(std::string_view(token).substr(first + 1, second - first - 1));
  auto claims = payload ? parse_json(*payload) : Result<Json>(Error{Code::token, "", ""});
  if (!claims || !claims->is_object()) return Error{Code::token, "its payload is no JSON object", ""};
  return claims;
}

/// As the plugin would judge it. Without a key: as if we had signed what it says.
Result<Identity> identity_of(const std::string& token, TokenPolicy policy) {
  if (policy.keys || !policy.secret.empty()) return verify_token(token, policy, unix_time_ms() / 1000);
  say("the token is not verified: give --mosquitto-conf, --secret-file or --jwks-file for that");
  const auto claims = claims_of(token);
  if (!claims) return claims.error();
  policy.secret.assign(limits::min_secret_bytes, 'x');
  return verify_token(make_token(*claims, policy.secret), policy, unix_time_ms() / 1000);
}

/// Code EX_CONFIG and a complaint if a named key cannot be used; else 0.
int read_keys(const AccessArguments& arguments, TokenPolicy& policy) {
  if (!arguments.secret_file.empty()) {
    auto secret = read_secret(arguments.secret_file);
    if (!secret) return complain(EX_CONFIG, secret.error().message);
    policy.keys.reset();
    policy.secret = *std::move(secret);
  } else if (!arguments.jwks_file.empty()) {
    auto loaded = load_keys(arguments.jwks_file);
    for (const Problem& problem : loaded.problems) complain(EX_CONFIG, to_string(problem));
    if (!loaded.problems.empty()) return EX_CONFIG;
    policy.keys = std::make_shared<const KeySet>(std::move(loaded.keys));
  }
  return 0;
}

class AccessCheck {
 public:
  AccessCheck(const Collections& collections, const AccessArguments& arguments, const Identity& who,
              const Memberships* members)
      : collections_(collections), arguments_(arguments), who_(who), members_(members) {}

  Ruling judge() const {
    const Bearer bearer{who_, arguments_.client_id};
    if (arguments_.action == "subscribe") return judge_subscribe(collections_, arguments_.topic, bearer);
    const Topic topic{arguments_.topic, classify(collections_, arguments_.topic), 0};
    const Address& address = topic.address;
    const std::uint8_t rights = address.collection ? rights_in(address) : 0;
    return arguments_.action == "publish" ? judge_publish(topic, bearer, rights, false, false)
                                          : judge_delivery(topic, bearer, rights);
  }

  /// What each grant of each collection that is concerned says.
  void tell_grants() const {
    if (arguments_.action == "subscribe") return tell_grants_of_filter();
    const Address address = classify(collections_, arguments_.topic);
    if (!address.collection) return;
    say("the scope " + std::string(address.scope) + " of " + address.collection->name);
    for (const Right right : {Right::read, Right::write}) {
      say(std::string(right == Right::read ? "read" : "write") + ":");
      tell(*address.collection, explain(*address.collection, address.variables(), who_, right, members_));
    }
  }

 private:
  std::uint8_t rights_in(const Address& address) const {
    std::uint8_t rights = 0;
    for (const Right right : {Right::read, Right::write}) {
      if (allows(*address.collection, address.variables(), who_, right, members_))
        rights |= static_cast<std::uint8_t>(right);
    }
    return rights;
  }

  void tell_grants_of_filter() const {
    for (const Collection& collection : collections_.all()) {
      if (!can_match(collection.topic, arguments_.topic)) continue;
      say("scopes of " + collection.name + ", read:");
      tell(collection, explain_filter(collection, arguments_.topic, who_));
    }
  }

  static void tell(const Collection& collection, const std::vector<GrantReport>& reports) {
    for (const GrantReport& report : reports) {
      std::string line = report.holds ? "  yes  " : "  no   ";
      line += collection.file + " /x-sync/access/" + std::to_string(report.index) + " " + report.text;
      for (std::size_t i = 0; i < report.lacks.size(); ++i) line += (i == 0 ? ": " : "; ") + report.lacks[i];
      say(line);
    }
  }

  const Collections& collections_;
  const AccessArguments& arguments_;
  const Identity& who_;
  const Memberships* members_;
};

int conclude(const AccessArguments& arguments, const Ruling& ruling) {
  const std::string what = arguments.action + " " + arguments.topic;
  switch (ruling.verdict) {
    case Verdict::allow:
      say("allowed: " + what);
      return EX_OK;
    case Verdict::deny:
      say("denied: " + what + ": " + ruling.why);
      return EX_NOPERM;
    case Verdict::defer:
      say("not ours: " + what + ": Mosquitto's acl_file decides; without one it refuses");
      return EX_UNAVAILABLE;
  }
  return EX_SOFTWARE;
}

int check_bearer(const Collections& collections, AccessArguments arguments, const Identity& who) {
  if (const std::string fault = unusable_claim(collections.all(), who); !fault.empty()) {
    say("denied: the client is not let in: " + fault);
    return EX_NOPERM;
  }
  if (arguments.client_id.empty()) arguments.client_id = who.user + ":check";
  std::unique_ptr<StoreReader> reader;
  std::unique_ptr<View> view;
  std::optional<StoreMembers> members;
  if (!arguments.store.empty()) {
    if (const int code = refuse_other_stores(arguments.store); code != 0) return code;
    auto opened = open_reader(arguments.store);
    if (!opened) return complain(EX_USAGE, opened.error().message);
    reader = std::move(*opened);
    view = reader->view();
    members.emplace(*view);
    for (const Revocation& one : in_force(view->revocations(), unix_time_ms() / 1000)) {
      if (!revokes(one, who)) continue;
      say("denied: the client is not let in: its token was revoked until " + utc_text(one.until_s * 1000));
      return EX_NOPERM;
    }
  }
  const AccessCheck check(collections, arguments, who, members ? &*members : nullptr);
  check.tell_grants();
  return conclude(arguments, check.judge());
}

}  // namespace

void add_access_options(CLI::App& check, AccessArguments& arguments) {
  add_option(check, "--as", arguments.token_file,
             "explain what the bearer of the token in this file may do:");
  add_option(check, "--topic", arguments.topic, "with --as: the topic, or the filter of a subscription");
  add_option(check, "--action", arguments.action, "with --as: publish, subscribe or receive");
  add_option(check, "--client-id", arguments.client_id, "with --as: USER:DEVICE (default: the user's own)");
  add_option(check, "--secret-file", arguments.secret_file,
             "with --as: verify the token with this HS256 key");
  add_option(check, "--jwks-file", arguments.jwks_file, "with --as: or with these public keys");
}

int check_access(const Collections& collections, const AccessArguments& arguments, TokenPolicy policy) try {
  if (arguments.topic.empty() ||
      (arguments.action != "publish" && arguments.action != "subscribe" && arguments.action != "receive"))
    return complain(EX_USAGE, "--as needs --topic T and --action publish, subscribe or receive");
  if (const int code = read_keys(arguments, policy); code != 0) return code;
  auto bytes = read_file(arguments.token_file, limits::max_token_bytes);
  if (!bytes) return complain(EX_CONFIG, bytes.error().message);
  bytes->erase(bytes->find_last_not_of(" \r\n\t") + 1);
  const auto who = identity_of(*bytes, std::move(policy));
  if (!who) {
    say("denied: the client is not let in: " + who.error().message);
    return EX_NOPERM;
  }
  return check_bearer(collections, arguments, *who);
} catch (const StoreError& error) {
  return complain(error.kind == StoreError::Kind::corrupt ? EX_DATAERR : EX_UNAVAILABLE, error.what());
}

}  // namespace msync
