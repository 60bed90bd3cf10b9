#include "core/collection_access.h"

#include <algorithm>
#include <utility>

namespace msync {
namespace {

class AccessReader {
 public:
  AccessReader(Report& report, const TopicTemplate* topic) : report_(report), topic_(topic) {}

  std::vector<Grant> read(const Json& access) {
    std::vector<Grant> grants;
    if (!access.is_array() || access.empty()) {
      report_.add("/x-sync/access", "must be a list of at least one entry",
                  R"(write [{"allow":["read","write"]}] to open the collection to every authenticated user)");
      return grants;
    }
    for (std::size_t i = 0; i < access.size(); ++i) {
      grants.push_back(entry("/x-sync/access/" + std::to_string(i), access[i]));
    }
    return grants;
  }

 private:
  Grant entry(const std::string& place, const Json& entry) {
    Grant grant;
    if (!entry.is_object()) {
      report_.add(place, "must be an object", R"(write {"allow":["read"]})");
      return grant;
    }
    for (const auto& [key, value] : entry.items()) {
      const std::string here = place + "/" + pointer_escape(key);
      if (key == "allow") {
        grant.rights = rights(here, value);
      } else if (key == "role") {
        grant.role = role(here, value);
      } else if (key == "where") {
        where(here, value, grant);
      } else if (key == "member_of") {
        member_of(here, value, grant);
      } else {
        report_.add(here, "is unknown",
                    "an entry of access has allow, role, where and member_of; remove or rename it");
      }
    }
    if (!entry.contains("allow")) {
      report_.add(place, "lacks allow", R"(add "allow":["read"], ["write"] or ["read","write"])");
    }
    return grant;
  }

  std::uint8_t rights(const std::string& place, const Json& value) {
    std::uint8_t rights = 0;
    bool good = value.is_array() && !value.empty();
    for (const Json& right : value.is_array() ? value : Json::array()) {
      const bool read = right == "read";
      good = good && (read || right == "write");
      rights |= static_cast<std::uint8_t>(read ? Right::read : Right::write);
    }
    if (!good)
      report_.add(place, "must be a list of read and write",
                  R"(write ["read"], ["write"] or ["read","write"])");
    return rights;
  }

  std::string role(const std::string& place, const Json& value) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
    report_.add(place, "must be the name of one role", "for several roles write several entries");
    return "";
  }

  void where(const std::string& place, const Json& value, Grant& grant) {
    if (!value.is_object() || value.empty()) {
      report_.add(place, "must be an object of at least one condition",
                  R"(write {"VARIABLE":"$user"}, or leave where out to allow every scope)");
      return;
    }
    for (const auto& [variable, wanted] : value.items()) {
      condition(place + "/" + pointer_escape(variable), variable, wanted, grant);
    }
  }

  void condition(const std::string& place, const std::string& variable, const Json& wanted, Grant& grant) {
    if (!topic_) return;  // the template itself is the mistake
    const auto& variables = topic_->variables();
    const auto found = std::find(variables.begin(), variables.end(), variable);
    if (found == variables.end()) {
      report_.add(place, "is no variable of the topic " + topic_->text(), variables_hint(variables));
      return;
    }
    if (!wanted.is_string()) {
      report_.add(place, "must be a string", R"(write "$user", "$claims.NAME" or the value itself)");
      return;
    }
    Condition condition;
    condition.variable = static_cast<int>(found - variables.begin());
    if (source(place, wanted.get<std::string>(), condition)) grant.where.push_back(std::move(condition));
  }

  // SCOPE/{user}, where SCOPE may have variables of this topic; whether a collection has such scopes is judged when all
  // files are read.
  void member_of(const std::string& place, const Json& value, Grant& grant) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const std::size_t slash = text.rfind('/');
    if (slash == std::string::npos || text.substr(slash) != "/{user}") {
      report_.add(
          place, "must be a scope and /{user}",
          R"(write, for a collection with the topic chat/{room}/members, "chat/{room}/members/{user}")");
      return;
    }
    if (!topic_) return;
    MemberOf member_of{text, {}};
    const std::string scope = text.substr(0, slash);
    const Levels levels = split(scope);
    for (const std::string_view level : levels.all()) {
      if (!member_level(place, level, member_of)) return;
    }
    grant.member_of = std::move(member_of);
  }

  bool member_level(const std::string& place, std::string_view level, MemberOf& member_of) {
    if (!level.starts_with('{') || !level.ends_with('}')) {
      member_of.scope.push_back({std::string(level), -1});
      return true;
    }
    const auto& variables = topic_->variables();
    const auto found = std::find(variables.begin(), variables.end(), level.substr(1, level.size() - 2));
    if (found == variables.end()) {
      report_.add(place, std::string(level) + " is no variable of the topic " + topic_->text(),
                  variables.empty() ? "write the scope itself: this topic has no variables"
                                    : variables_hint(variables));
      return false;
    }
    member_of.scope.push_back({"", static_cast<int>(found - variables.begin())});
    return true;
  }

  static std::string variables_hint(const std::vector<std::string>& variables) {
    std::string known;
    for (const std::string& name : variables) known += (known.empty() ? "" : ", ") + name;
    return known.empty() ? "leave where out: this topic has no variables" : "use one of " + known;
  }

  bool source(const std::string& place, const std::string& text, Condition& condition) {
    constexpr std::string_view claims = "$claims.";
    if (text == "$user") {
      condition.source = Condition::Source::user;
    } else if (text.starts_with(claims)) {
      condition.source = Condition::Source::claim;
      condition.text = text.substr(claims.size());
      if (condition.text.empty()) {
        report_.add(place, "$claims. names no claim", "write $claims.NAME, such as $claims.rooms");
        return false;
      }
    } else if (text.starts_with('$')) {
      report_.add(place, "begins with $ but is neither $user nor $claims.NAME",
                  "write $user or $claims.NAME");
      return false;
    } else if (!valid_level(text)) {
      report_.add(place, "is no possible value of a topic level",
                  "use 1 to 128 bytes without /, +, # and control characters");
      return false;
    } else {
      condition.source = Condition::Source::literal;
      condition.text = text;
    }
    return true;
  }

  Report& report_;
  const TopicTemplate* topic_;
};

}  // namespace

std::vector<Grant> read_access(const Json& access, const TopicTemplate* topic, Report& report) {
  return AccessReader(report, topic).read(access);
}

}  // namespace msync
