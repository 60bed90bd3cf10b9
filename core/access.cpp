#include "core/access.h"

#include <algorithm>

#include "core/collection.h"

namespace msync {
namespace {

/// Calls `accept` with every value that the condition allows, until it returns true. True if it did.
template <class Accept>
bool any_allowed_value(const Condition& condition, const Identity& who, Accept accept) {
  if (condition.source == Condition::Source::user) return accept(std::string_view(who.user));
  if (condition.source == Condition::Source::literal) return accept(std::string_view(condition.text));
  const auto claim = who.claims.find(condition.text);
  if (claim == who.claims.end()) return false;
  const auto accept_json = [&](const Json& value) {
    return value.is_string() && accept(std::string_view(value.get_ref<const std::string&>()));
  };
  if (claim->is_array()) return std::any_of(claim->begin(), claim->end(), accept_json);
  return accept_json(*claim);
}

bool has_right(const Grant& grant, Right right, const Identity& who) {
  return (grant.rights & static_cast<std::uint8_t>(right)) != 0 &&
         (grant.role.empty() || who.has_role(grant.role));
}

const Condition* condition_on(const Grant& grant, int variable) {
  const auto found = std::find_if(grant.where.begin(), grant.where.end(),
                                  [&](const Condition& condition) { return condition.variable == variable; });
  return found == grant.where.end() ? nullptr : &*found;
}

/// May the variable have this value?
bool met(const Condition& condition, std::string_view wanted, const Identity& who) {
  if (condition.source == Condition::Source::claim && who.sorted) {
    const auto claim = who.claims.find(condition.text);
    if (claim != who.claims.end() && claim->is_array()) {
      const auto text = [](const Json& value) {
        return std::string_view(value.get_ref<const std::string&>());
      };
      const auto found =
          std::lower_bound(claim->begin(), claim->end(), wanted,
                           [&](const Json& value, std::string_view sought) { return text(value) < sought; });
      return found != claim->end() && text(*found) == wanted;
    }
  }
  return any_allowed_value(condition, who, [&](std::string_view value) { return value == wanted; });
}

/// Can this level of a filter stand for anything?
bool is_open(std::string_view level) {
  return level == "+" || level == "#";
}

/// Can this level of a filter be a value of the variable that satisfies the grant?
bool level_possible(const Grant& grant, int variable, std::string_view level, const Identity& who) {
  if (!is_open(level) && !valid_level(level)) return false;
  const Condition* condition = condition_on(grant, variable);
  if (condition == nullptr) return true;
  return any_allowed_value(*condition, who, [&](std::string_view value) {
    return is_open(level) ? valid_level(value) : level == value;
  });
}

/// Walks a filter along a template and one of its leaves; `possible` judges the variables.
template <class Possible>
bool walk(const TopicTemplate& topic, Leaf leaf, std::string_view filter, Possible possible) {
  const Levels levels = split(filter);
  if (levels.overflow) return false;
  const bool named = leaf == Leaf::doc || leaf == Leaf::live;
  const std::size_t depth = topic.levels() + 1 + (named ? 1 : 0);
  bool rest = false;  // a # was met: everything below is open
  for (std::size_t i = 0; i < depth; ++i) {
    if (!rest && i >= levels.size) return false;
    const std::string_view level = rest ? std::string_view("#") : levels.level[i];
    rest = rest || level == "#";
    if (i < topic.levels()) {
      const int variable = topic.variable_at(i);
      if (variable >= 0 ? !possible(variable, level) : !is_open(level) && level != topic.literal_at(i))
        return false;
    } else if (i == topic.levels() && !is_open(level) && level != to_string(leaf)) {
      return false;
    }
  }
  // `T/log/#` matches T/log, too.
  return rest || levels.size == depth || (levels.size == depth + 1 && levels.level[depth] == "#");
}

}  // namespace

bool Identity::has_role(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

void sort_claims(const std::vector<Collection>& collections, Identity& who) {
  for (const Collection& collection : collections) {
    for (const Grant& grant : collection.access) {
      for (const Condition& condition : grant.where) {
        if (condition.source != Condition::Source::claim) continue;
        const auto claim = who.claims.find(condition.text);
        if (claim == who.claims.end() || !claim->is_array()) continue;
        auto& list = claim->get_ref<Json::array_t&>();
        std::erase_if(list, [](const Json& value) { return !value.is_string(); });
        std::sort(list.begin(), list.end());
      }
    }
  }
  who.sorted = true;
}

std::string scope_of(const MemberOf& member_of, std::span<const std::string_view> values) {
  std::string scope;
  for (const MemberOf::Level& level : member_of.scope) {
    if (!scope.empty()) scope += '/';
    scope += level.variable < 0 ? std::string_view(level.literal)
                                : values[static_cast<std::size_t>(level.variable)];
  }
  return scope;
}

bool holds(const Grant& grant, std::span<const std::string_view> values, const Identity& who,
           const Memberships* members) {
  const auto holds_here = [&](const Condition& condition) {
    return met(condition, values[static_cast<std::size_t>(condition.variable)], who);
  };
  if (!grant.role.empty() && !who.has_role(grant.role)) return false;
  if (!std::all_of(grant.where.begin(), grant.where.end(), holds_here)) return false;
  return !grant.member_of || (members && members->contains(scope_of(*grant.member_of, values), who.user));
}

bool allows(const Collection& collection, std::span<const std::string_view> values, const Identity& who,
            Right right, const Memberships* members) {
  return std::any_of(collection.access.begin(), collection.access.end(), [&](const Grant& grant) {
    return (grant.rights & static_cast<std::uint8_t>(right)) != 0 && holds(grant, values, who, members);
  });
}

bool fits(const MemberOf& member_of, const TopicTemplate& topic) {
  if (member_of.scope.size() != topic.levels()) return false;
  for (std::size_t i = 0; i < topic.levels(); ++i) {
    const MemberOf::Level& level = member_of.scope[i];
    // A variable can have any value: so it must meet a variable, lest half of the rooms have members elsewhere.
    if (topic.variable_at(i) < 0 ? level.literal != topic.literal_at(i)
                                 : level.variable < 0 && !valid_level(level.literal)) {
      return false;
    }
  }
  return true;
}

bool names_members(const std::vector<Collection>& all, const Collection& collection) {
  return std::any_of(all.begin(), all.end(), [&](const Collection& one) {
    return std::any_of(one.access.begin(), one.access.end(), [&](const Grant& grant) {
      return grant.member_of && fits(*grant.member_of, collection.topic);
    });
  });
}

bool can_match_readable(const Collection& collection, std::string_view filter, const Identity& who) {
  return std::any_of(collection.access.begin(), collection.access.end(), [&](const Grant& grant) {
    if (!has_right(grant, Right::read, who)) return false;
    const auto possible = [&](int variable, std::string_view level) {
      return level_possible(grant, variable, level, who);
    };
    return walk(collection.topic, Leaf::log, filter, possible) ||
           walk(collection.topic, Leaf::doc, filter, possible) ||
           walk(collection.topic, Leaf::live, filter, possible);
  });
}

bool can_match(const TopicTemplate& topic, std::string_view filter) {
  const auto anything = [](int, std::string_view) { return true; };
  for (const Leaf leaf : {Leaf::in, Leaf::pull, Leaf::seen, Leaf::log, Leaf::doc, Leaf::live}) {
    if (walk(topic, leaf, filter, anything)) return true;
  }
  return false;
}

std::string unusable_claim(const std::vector<Collection>& collections, const Identity& who) {
  if (!valid_level(who.user)) return "the user cannot be a topic level";
  for (const Collection& collection : collections) {
    for (const Grant& grant : collection.access) {
      for (const Condition& condition : grant.where) {
        if (condition.source != Condition::Source::claim) continue;
        const bool bad =
            any_allowed_value(condition, who, [](std::string_view value) { return !valid_level(value); });
        if (bad) return "a value of the claim '" + condition.text + "' cannot be a topic level";
      }
    }
  }
  return {};
}

}  // namespace msync
