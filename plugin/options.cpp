#include "plugin/options.h"

#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "core/topic.h"

namespace msync {
namespace {

// Reads one value into its place; the returned text says what is wrong with it, or is empty.
using Reader = std::function<std::string(Options&, const std::string&)>;

Reader text(std::string Options::*member) {
  return [member](Options& options, const std::string& value) -> std::string {
    if (value.empty()) return "has no value";
    options.*member = value;
    return {};
  };
}

template <class T>
Reader number(T Options::*member, std::int64_t least, std::int64_t most) {
  return [=](Options& options, const std::string& value) -> std::string {
    std::int64_t parsed = 0;
    const auto end = value.data() + value.size();
    const auto [rest, fault] = std::from_chars(value.data(), end, parsed);
    if (fault != std::errc{} || rest != end || parsed < least || parsed > most) {
      return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    options.*member = static_cast<T>(parsed);
    return {};
  };
}

std::string bridge_user(Options& options, const std::string& value) {
  if (!valid_level(value))
    return "must be a user's name: 1 to 128 bytes without /, +, # or control characters";
  options.bridge_user = value;
  return {};
}

const std::map<std::string, Reader>& readers() {
  constexpr std::int64_t a_year_s = 366 * 86'400;
  static const std::map<std::string, Reader> all = {
      {"schemas", text(&Options::schemas)},
      {"jwt_secret_file", text(&Options::jwt_secret_file)},
      {"jwt_jwks_file", text(&Options::jwt_jwks_file)},
      {"stamp_key_file", text(&Options::stamp_key_file)},
      {"jwt_issuer", text(&Options::jwt_issuer)},
      {"jwt_audience", text(&Options::jwt_audience)},
      {"user_claim", text(&Options::user_claim)},
      {"bridge_user", bridge_user},
      {"revoked_file", text(&Options::revoked_file)},
      {"max_token_ttl_s", number(&Options::max_token_ttl_s, 1, a_year_s)},
      {"leeway_s", number(&Options::leeway_s, 0, 3600)},
      {"max_connections_per_user", number(&Options::max_connections_per_user, 1, 1'000'000)},
      {"max_messages_per_s", number(&Options::max_messages_per_s, 1, 1'000'000)},
      {"max_bytes_per_s", number(&Options::max_bytes_per_s, 1024, 1'000'000'000)},
      {"max_subscriptions_per_client", number(&Options::max_subscriptions_per_client, 1, 1'000'000)},
      {"max_sessions_per_user", number(&Options::max_sessions_per_user, 1, 1'000'000)},
      {"free_login_failures", number(&Options::free_login_failures, 0, 1'000'000)},
      // Below 1 KiB not even a pull fits; above 64 MiB one message holds the broker's only thread.
      {"max_payload_bytes", number(&Options::max_payload_bytes, 1024, 64 * 1024 * 1024)},
  };
  return all;
}

std::string known_names() {
  std::string names;
  for (const auto& [name, reader] : readers()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

Problem problem(const std::string& name, std::string what, std::string remedy) {
  return {"mosquitto.conf", "plugin_opt_" + name, std::move(what), std::move(remedy)};
}

void require_keys(const std::set<std::string>& seen, std::vector<Problem>& problems) {
  if (!seen.contains("schemas")) {
    problems.push_back(problem("schemas", "is missing", "name the folder of the collections' schema files"));
  }
  const bool secret = seen.contains("jwt_secret_file"), jwks = seen.contains("jwt_jwks_file");
  if (secret && jwks) {
    problems.push_back(problem("jwt_jwks_file", "stands beside plugin_opt_jwt_secret_file",
                               "keep one of the two: a token is verified by one kind of key"));
  }
  if (!secret && !jwks) {
    problems.push_back(problem("jwt_secret_file", "is missing: no token could be verified",
                               "name a file with at least " + std::to_string(limits::min_secret_bytes) +
                                   " random bytes, such as one made by: openssl rand -hex 32; or with "
                                   "plugin_opt_jwt_jwks_file the issuer's public keys"));
  }
  if (jwks && !secret && !seen.contains("stamp_key_file")) {
    problems.push_back(problem("stamp_key_file",
                               "is missing: without a secret there is none to derive it from",
                               "name a file, the same as the bridge's --stamp-key-file, such as one made by: "
                               "openssl rand -hex 32"));
  }
}

}  // namespace

Options::Parsed Options::parse(const std::vector<std::pair<std::string, std::string>>& lines) {
  Parsed parsed;
  std::set<std::string> seen;
  for (const auto& [name, value] : lines) {
    const auto reader = readers().find(name);
    if (reader == readers().end()) {
      parsed.problems.push_back(
          problem(name, "is no option of this plugin", "the options are " + known_names()));
    } else if (!seen.insert(name).second) {
      parsed.problems.push_back(problem(name, "is given twice", "remove one of the lines"));
    } else if (std::string what = reader->second(parsed.options, value); !what.empty()) {
      parsed.problems.push_back(
          problem(name, std::move(what), "mend the line, or remove it for the default"));
    }
  }
  require_keys(seen, parsed.problems);
  return parsed;
}

}  // namespace msync
