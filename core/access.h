// Who may do what: a collection's grants, judged for one identity.
//
// A grant names rights and conditions; grants are alternatives, the conditions of one must all hold. This file
// answers three questions: may this identity use this right in this scope; can a filter match anything that
// this identity may read; which of a token's claims does a collection name. Pure; any thread. The plugin caches
// the answers per session; the bridge's HTTP side asks them per request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/topic.h"

namespace msync {

struct Collection;

/// Rights are a bit set: read = 1, write = 2.
enum class Right : std::uint8_t { read = 1, write = 2 };

/// What a template variable must equal.
struct Condition {
  enum class Source : std::uint8_t { user, claim, literal };
  int variable = 0;  // index into TopicTemplate::variables()
  Source source = Source::user;
  std::string text;  // the claim's name, or the literal
};

/// An entity in another collection whose existence a grant asks for: `chat/{room}/members/{user}`. The last level is
/// the entity's id, `{user}`: the bearer's; those before it are the scope, with variables of the grant's own template.
struct MemberOf {
  struct Level {
    std::string literal;  // empty for a variable
    int variable = -1;    // index into TopicTemplate::variables() of the grant's collection
  };
  std::string text;  // as in the file
  std::vector<Level> scope;
};

/// One entry of `x-sync.access`.
struct Grant {
  std::uint8_t rights = 0;  // of Right
  std::vector<Condition> where;
  std::string role;                        // empty: every authenticated user
  std::optional<MemberOf> member_of = {};  // beside `where` and `role`, which must hold as well
};

/// Who is a member of what, as far as is known: the plugin is told by the bridge, the bridge looks into its store.
class Memberships {
 public:
  virtual ~Memberships() = default;
  /// True if the scope has a live entity with the user's name as its id. Called for every judgement that is not
  /// remembered; must not block.
  virtual bool contains(std::string_view scope, std::string_view user) const = 0;
};

/// Who a verified token says its bearer is.
struct Identity {
  std::string user;
  std::vector<std::string> roles;
  Json claims = Json::object();   // the token's payload
  std::int64_t expires_at_s = 0;  // Unix time
  bool bridge = false;            // the configured bridge user with role `bridge`
  bool sorted = false;            // sort_claims() has been here

  bool has_role(std::string_view role) const;
};

/// May `who` use `right` in the scope with these variable values (in the template's order)? Grants by membership hold
/// only where `members` is given and says so.
bool allows(const Collection& collection, std::span<const std::string_view> values, const Identity& who,
            Right right, const Memberships* members = nullptr);

/// The same for one grant: role, `where` and `member_of`.
bool holds(const Grant& grant, std::span<const std::string_view> values, const Identity& who,
           const Memberships* members);

/// Sorts the lists in the claims that some grant's `where` names, so that a claim of a thousand rooms is searched, not
/// read. What is no string goes: it could match nothing. For an identity that is judged often.
void sort_claims(const std::vector<Collection>& collections, Identity& who);

/// The scope that `member_of` names for these values.
std::string scope_of(const MemberOf& member_of, std::span<const std::string_view> values);

/// True if some scope that `member_of` can name is one of this template.
bool fits(const MemberOf& member_of, const TopicTemplate& topic);

/// True if some grant of `all` asks for membership in a scope of `collection`: the bridge tells the plugin who its
/// members are.
bool names_members(const std::vector<Collection>& all, const Collection& collection);

/// Can `filter` (without $share prefix) match a leaf of this collection that `who` may read: log, doc or live?
/// Judged by levels: a literal must be able to equal what a grant asks for, `+` and `#` can be anything, and every
/// membership can begin while the subscription stands.
bool can_match_readable(const Collection& collection, std::string_view filter, const Identity& who);

/// Can `filter` match any leaf of any scope of this template, readable or not?
bool can_match(const TopicTemplate& topic, std::string_view filter);

/// The reason why an identity must be refused at connect: the user, or a claim that a grant's `where` names, has
/// a value (or a list's element) that is no valid level. Empty if there is none. A claim that is missing or of
/// another type is no fault; it just matches nothing.
std::string unusable_claim(const std::vector<Collection>& collections, const Identity& who);

}  // namespace msync
