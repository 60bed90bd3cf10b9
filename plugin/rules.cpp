#include "plugin/rules.h"

#include "core/stamp.h"

namespace msync {
namespace {

std::string key_in(const std::string& option, const std::string& path, Rules::Loaded& loaded) {
  std::string warning;
  Result<std::string> key = read_secret(path, &warning);
  if (!warning.empty()) loaded.warnings.push_back(warning);
  if (key) return *std::move(key);
  loaded.problems.push_back({"mosquitto.conf", "plugin_opt_" + option, key.error().message,
                             "name a file with at least " + std::to_string(limits::min_secret_bytes) +
                                 " bytes that the broker's user can read"});
  return {};
}

void read_token_keys(const Options& options, Rules& rules, Rules::Loaded& loaded) {
  if (options.jwt_jwks_file.empty()) {
    rules.tokens.secret = key_in("jwt_secret_file", options.jwt_secret_file, loaded);
    return;
  }
  rules.keys_mark = mark_of(options.jwt_jwks_file);  // first: what changes meanwhile is read again
  KeySet::Loaded keys = load_keys(options.jwt_jwks_file);
  for (const Problem& warning : keys.warnings) loaded.warnings.push_back(to_string(warning));
  loaded.problems.insert(loaded.problems.end(), keys.problems.begin(), keys.problems.end());
  rules.tokens.keys = std::make_shared<const KeySet>(std::move(keys.keys));
}

}  // namespace

Rules::Loaded Rules::load(const Options& options) {
  Loaded loaded;
  auto rules = std::make_unique<Rules>();
  Collections::Loaded schemas = load_schemas(options.schemas);
  loaded.problems = std::move(schemas.problems);
  rules->collections = std::move(schemas.collections);

  TokenPolicy& tokens = rules->tokens;
  read_token_keys(options, *rules, loaded);
  tokens.user_claim = options.user_claim;
  tokens.bridge_user = options.bridge_user;
  tokens.issuer = options.jwt_issuer;
  tokens.audience = options.jwt_audience;
  tokens.leeway_s = options.leeway_s;
  tokens.max_ttl_s = options.max_token_ttl_s;
  rules->stamp_key = options.stamp_key_file.empty()
                         ? derive_stamp_key(tokens.secret)
                         : key_in("stamp_key_file", options.stamp_key_file, loaded);
  if (auto revoked = Revocations::load(options.revoked_file)) {
    rules->revoked = *std::move(revoked);
  } else {
    loaded.problems.push_back(
        {"mosquitto.conf", "plugin_opt_revoked_file", revoked.error().message,
         "let the broker's user read and write it; or remove it: the bridge tells again "
         "what was revoked"});
  }
  if (loaded.problems.empty()) loaded.rules = std::move(rules);
  return loaded;
}

std::vector<Problem> changed_topics(const Collections& before, const Collections& after) {
  std::vector<Problem> problems;
  for (const Collection& now : after.all()) {
    const Collection* old = before.find(now.name);
    if (!old || old->topic.text() == now.topic.text()) continue;
    problems.push_back({now.file, "/x-sync/topic",
                        "changed from " + old->topic.text() + " to " + now.topic.text() + " while running",
                        "give the new topic to a collection with a new name"});
  }
  return problems;
}

}  // namespace msync
