// What a client is for, where that changes what it does. An app's keeps all it has; a command of `mosquitto-sync` lives for
// minutes, and may want to show what it sees. Pure.
#pragma once

namespace msync::client {

struct Manner {
  /// False: nothing outlives the process. No rows are made, acknowledged writes are not remembered, and the server is not told
  /// what this replica has seen: it would keep tombstones for one that never comes back.
  bool stored = true;
  /// The events ConfirmedChange, GapFound and DigestDiffered are told.
  bool traced = false;
};

}  // namespace msync::client
