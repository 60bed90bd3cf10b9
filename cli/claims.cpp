#include "cli/claims.h"

#include <algorithm>
#include <map>

#include "core/collection.h"
#include "core/topic.h"

namespace msync {
namespace {

Error mistake(const std::string& what) {
  return Error{Code::bad_config, what};
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t comma = text.find(','); comma != text.npos; comma = text.find(',', begin)) {
    parts.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

struct Claim {
  std::vector<std::string> values;
  bool list = false;
};

Result<std::map<std::string, Claim>> read_claims(const ClaimArguments& arguments) {
  std::map<std::string, Claim> claims;
  for (const std::string& text : arguments.claims) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == text.npos)
      return mistake("--claim " + text + ": write NAME=VALUE, such as rooms=42,43");
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    for (const std::string& own : {arguments.user_claim, std::string("roles"), std::string("iat"),
                                   std::string("exp"), std::string("jti")}) {
      if (name == own) return mistake("--claim " + name + "=…: say it with --sub, --role or --ttl");
    }
    if (!valid_utf8(text)) return mistake("--claim " + name + ": the value is not UTF-8");
    Claim& claim = claims[name];
    claim.list = claim.list || !claim.values.empty() || value.find(',') != value.npos;
    for (auto& part : split_at_commas(value)) claim.values.push_back(std::move(part));
  }
  return claims;
}

}  // namespace

Result<Json> make_claims(const ClaimArguments& arguments, std::int64_t now_s, const std::string& jti) {
  if (!valid_level(arguments.user))
    return mistake("--sub '" + arguments.user +
                   "': a user is 1 to 128 bytes without / + # or control characters");
  const auto ttl_ms = parse_duration_ms(arguments.ttl);
  if (!ttl_ms || *ttl_ms < 1000) return mistake("--ttl " + arguments.ttl + ": write 30s, 10m, 12h or 1d");
  auto claims = read_claims(arguments);
  if (!claims) return claims.error();
  Json token{
      {arguments.user_claim, arguments.user}, {"iat", now_s}, {"exp", now_s + *ttl_ms / 1000}, {"jti", jti}};
  if (!arguments.roles.empty()) token["roles"] = arguments.roles;
  for (const auto& [name, claim] : *claims) {
    if (claim.list)
      token[name] = claim.values;
    else
      token[name] = claim.values.front();
  }
  return token;
}

}  // namespace msync
