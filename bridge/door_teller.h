// What the bridge tells the plugin: docs/protocol.md, "The door".
//
// The plugin has no database: on each connect it is told all that it must know, and changes afterwards. Used by the
// publisher on its thread, with the publisher's reader; no view of that may be open during a call, but for changed().
#pragma once

#include <atomic>
#include <memory>

#include "bridge/members.h"
#include "bridge/server_time.h"
#include "mqtt/link.h"

namespace msync {

class DoorTeller {
 public:
  DoorTeller(Link& link, StoreReader& reader, ServerTime& time) : link_(link), reader_(reader), time_(time) {}

  /// Any thread: the store has another list of revocations.
  void revocations_changed() { revocations_due_ = true; }

  /// On a new connection, before the bridge says that it is online. False if the connection broke: once more on the
  /// next. Throws StoreError, as keep_up().
  bool tell_all(std::shared_ptr<const Collections> collections);

  /// Between other work: again what must be said anew, because tokens were revoked, schemas name other
  /// collections or a delta had a gap.
  /// True if there was something.
  bool keep_up(const std::shared_ptr<const Collections>& collections);

  /// Before this delta is published: who came and who went. `gap`: it does not begin where the last one ended. False if the
  /// connection broke.
  bool changed(const ScopeRow& scope, const Delta& delta, bool gap);

 private:
  bool tell_revocations();
  bool tell_members();
  bool send(const MembersMessage& message);

  Link& link_;
  StoreReader& reader_;
  ServerTime& time_;
  std::shared_ptr<const Collections> collections_;  // by which it was told last
  MemberCollections named_;                         // of these
  bool told_members_ = false;                       // ever, by this process
  bool members_due_ = false;
  std::atomic<bool> revocations_due_ = false;
};

}  // namespace msync
