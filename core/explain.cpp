#include "core/explain.h"

#include <algorithm>
#include <optional>

namespace msync {
namespace {

constexpr std::size_t values_shown = 5;

bool gives(const Grant& grant, Right right) {
  return (grant.rights & static_cast<std::uint8_t>(right)) != 0;
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

Json source_of(const Condition& condition) {
  switch (condition.source) {
    case Condition::Source::user:
      return "$user";
    case Condition::Source::claim:
      return "$claims." + condition.text;
    case Condition::Source::literal:
      return condition.text;
  }
  return "";
}

/// "has only '42', '43'", or why a claim has nothing to compare.
std::string content_of(const Json& claim) {
  const Json list = claim.is_array() ? claim : Json::array({claim});
  std::string values;
  std::size_t count = 0;
  for (const Json& value : list) {
    if (!value.is_string()) continue;
    if (++count <= values_shown)
      values += (values.empty() ? "" : ", ") + in_quotes(value.get_ref<const std::string&>());
  }
  if (count == 0) return claim.is_array() && claim.empty() ? "is an empty list" : "has no text in it";
  if (count > values_shown) values += " and " + std::to_string(count - values_shown) + " more";
  return "has only " + values;
}

/// What a condition asks for, and what there is instead.
std::string unmet(const Condition& condition, const Identity& who) {
  if (condition.source == Condition::Source::user) return "the token's user is " + in_quotes(who.user);
  if (condition.source == Condition::Source::literal) return "this grant is for " + in_quotes(condition.text);
  const auto claim = who.claims.find(condition.text);
  if (claim == who.claims.end()) return "the token has no claim " + condition.text;
  return "the claim " + condition.text + " " + content_of(*claim);
}

/// True if this value satisfies the condition alone.
bool met(const Condition& condition, std::span<const std::string_view> values, const Identity& who) {
  Grant alone;
  alone.where = {condition};
  return holds(alone, values, who, nullptr);
}

std::optional<std::string> lacks_role(const Grant& grant, const Identity& who) {
  if (grant.role.empty() || who.has_role(grant.role)) return std::nullopt;
  return "the token has no role " + grant.role;
}

std::string lacks_right(const Grant& grant, Right right) {
  return std::string("it does not allow ") + (gives(grant, right)    ? "this"
                                              : right == Right::read ? "read"
                                                                     : "write");
}

std::vector<std::string> lacking(const Collection& collection, const Grant& grant,
                                 std::span<const std::string_view> values, const Identity& who, Right right,
                                 const Memberships* members) {
  std::vector<std::string> lacks;
  if (!gives(grant, right)) lacks.push_back(lacks_right(grant, right));
  if (const auto role = lacks_role(grant, who)) lacks.push_back(*role);
  for (const Condition& condition : grant.where) {
    if (met(condition, values, who)) continue;
    const auto variable = static_cast<std::size_t>(condition.variable);
    lacks.push_back(collection.topic.variables()[variable] + " is " + in_quotes(values[variable]) + ", but " +
                    unmet(condition, who));
  }
  if (!grant.member_of) return lacks;
  const std::string scope = scope_of(*grant.member_of, values);
  const std::string asks = "it asks for an entity " + in_quotes(who.user) + " in " + scope;
  if (members == nullptr) {
    lacks.push_back(asks + ", and that is not known here");
  } else if (!members->contains(scope, who.user)) {
    lacks.push_back(asks + ", and there is none");
  }
  return lacks;
}

/// What a filter has where a variable is; nothing where a wildcard makes it anything.
std::optional<std::string_view> level_of(const TopicTemplate& topic, const Levels& filter, int variable) {
  for (std::size_t i = 0; i < topic.levels() && i < filter.size; ++i) {
    if (filter.level[i] == "#") return std::nullopt;
    if (topic.variable_at(i) != variable) continue;
    return filter.level[i] == "+" ? std::nullopt : std::optional(filter.level[i]);
  }
  return std::nullopt;
}

std::vector<std::string> lacking_in_filter(const Collection& collection, const Grant& grant,
                                           std::string_view filter, const Identity& who) {
  std::vector<std::string> lacks;
  if (!gives(grant, Right::read)) lacks.push_back(lacks_right(grant, Right::read));
  if (const auto role = lacks_role(grant, who)) lacks.push_back(*role);
  Collection open = collection;
  open.access.assign(1, Grant{1, {}, "", std::nullopt});
  if (!can_match_readable(open, filter, who)) {
    lacks.emplace_back("nothing that can be read has such a topic");
    return lacks;
  }
  const Levels levels = split(filter);
  for (const Condition& condition : grant.where) {
    const std::string& name = collection.topic.variables()[static_cast<std::size_t>(condition.variable)];
    Collection alone = collection;
    alone.access.assign(1, Grant{1, {condition}, "", std::nullopt});
    if (can_match_readable(alone, filter, who)) continue;
    const auto level = level_of(collection.topic, levels, condition.variable);
    lacks.push_back((level ? name + " is " + in_quotes(*level) + ", but " : "no " + name + " is possible: ") +
                    unmet(condition, who));
  }
  if (lacks.empty()) lacks.emplace_back("no scope fits all of its conditions");
  return lacks;
}

}  // namespace

std::string to_text(const Grant& grant, const TopicTemplate& topic) {
  Json allow = Json::array();
  if (gives(grant, Right::read)) allow.push_back("read");
  if (gives(grant, Right::write)) allow.push_back("write");
  Json entry{{"allow", std::move(allow)}};
  if (!grant.role.empty()) entry["role"] = grant.role;
  for (const Condition& condition : grant.where)
    entry["where"][topic.variables()[static_cast<std::size_t>(condition.variable)]] = source_of(condition);
  if (grant.member_of) entry["member_of"] = grant.member_of->text;
  return to_text(entry);
}

std::vector<GrantReport> explain(const Collection& collection, std::span<const std::string_view> values,
                                 const Identity& who, Right right, const Memberships* members) {
  std::vector<GrantReport> reports;
  Collection alone = collection;
  for (const Grant& grant : collection.access) {
    alone.access.assign(1, grant);
    GrantReport report{
        reports.size(), to_text(grant, collection.topic), allows(alone, values, who, right, members), {}};
    if (!report.holds) report.lacks = lacking(collection, grant, values, who, right, members);
    reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<GrantReport> explain_filter(const Collection& collection, std::string_view filter,
                                        const Identity& who) {
  std::vector<GrantReport> reports;
  Collection alone = collection;
  for (const Grant& grant : collection.access) {
    alone.access.assign(1, grant);
    GrantReport report{
        reports.size(), to_text(grant, collection.topic), can_match_readable(alone, filter, who), {}};
    if (!report.holds) report.lacks = lacking_in_filter(collection, grant, filter, who);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace msync
