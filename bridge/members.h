// Who is a member of what, for the plugin: docs/protocol.md, "The door".
//
// All of it from the store, in messages, and what a delta changes. The publisher's thread sends both. State, not events:
// what is said twice does no harm, and a change that comes while all is being read is in a delta afterwards. No clock, no
// network; one thread at a time.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "core/door_message.h"

namespace msync {

/// Names of collections.
using MemberCollections = std::set<std::string, std::less<>>;

/// Those whose entities are members, by some grant's `member_of`.
MemberCollections member_collections(const Collections& collections);

/// All members of these collections, as the messages that say so.
class AllMembers {
 public:
  /// Lists the scopes. Throws StoreError.
  AllMembers(StoreReader& reader, const MemberCollections& collections);

  /// The next message, nothing after the last; there is always one. It reads a view of its own, so that none is kept open
  /// while a message is being sent. Throws StoreError.
  std::optional<MembersMessage> next();

 private:
  /// True if the scope was read to its end.
  bool read(View& view, const ScopeRow& scope, std::vector<Member>& members);

  StoreReader& reader_;
  std::vector<ScopeRow> scopes_;  // still to be read, from the back
  std::uint64_t from_ = 0;        // in the one at the back
  bool first_ = true;
  bool ended_ = false;
};

/// The changes in a delta of such a collection, in its order.
std::vector<MembersMessage> member_changes(const Delta& delta);

}  // namespace msync
