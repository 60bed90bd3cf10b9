// What a topic is, seen from the protocol: docs/protocol.md, "Topics".
//
// One classification, used by the plugin for every publish, subscribe and delivery and by the bridge for every
// message it receives. Allocates nothing. Pure; any thread.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/collection.h"

namespace msync {

struct Address {
  enum class Kind : std::uint8_t {
    scope,         // T/<leaf>…: collection, scope, leaf and tail are set
    inbox_ack,     // sync/<client>/ack/T: client, collection and scope are set
    inbox_delta,   // sync/<client>/delta/T: likewise
    inbox_notice,  // sync/<client>/notice
    inbox_probe,   // sync/<client>/probe
    status,        // sync/status
    door,          // sync/door/<matter>: between bridge, plugin and operators; `matter` is set
    reserved,      // else below sync/, or a template's shape with an impossible value: nobody's
    system,        // begins with $
    outside,       // not ours
  };

  /// What is talked about on a topic of the door (see core/door_message.h).
  enum class Matter : std::uint8_t {
    revoke,    // operator → bridge: a request to revoke
    revoked,   // bridge → plugin, retained: all revocations in force
    members,   // bridge → plugin: who is a member of what
    keys,      // plugin → bridge: a token names a key that is not in the set
    counters,  // plugin → bridge: what it has let in and refused
  };

  Kind kind = Kind::outside;
  Leaf leaf = Leaf::in;
  Matter matter = Matter::revoke;
  const Collection* collection = nullptr;
  std::string_view scope;   // T
  std::string_view tail;    // the id of doc, the client id of live
  std::string_view client;  // of an inbox topic
  std::array<std::string_view, limits::max_template_levels> values = {};  // of the template's variables

  std::span<const std::string_view> variables() const {
    return {values.data(), collection ? collection->topic.variables().size() : 0};
  }
};

/// Classify a topic (no wildcards). All views point into `topic`; `collection` into `collections`.
Address classify(const Collections& collections, std::string_view topic);

/// The scope part alone: `T` without a leaf, as in a pull over HTTP or `--scope`. Kind::scope or outside.
Address classify_scope(const Collections& collections, std::string_view scope);

}  // namespace msync
