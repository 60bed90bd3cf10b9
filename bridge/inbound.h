// One message that the bridge believes: it came through the plugin, on a topic of a known collection, or asks to revoke
// tokens; or it is a write that was asked for in this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "bridge/write_request.h"
#include "core/address.h"
#include "core/stamp.h"
#include "mqtt/link.h"

namespace msync {

struct Inbound {
  Leaf leaf = Leaf::in;  // in, pull or seen
  std::string topic;
  std::string scope;
  std::shared_ptr<const Collections> collections;  // keeps `collection` alive over a reload
  const Collection* collection = nullptr;
  Stamp stamp;
  std::string payload;
  bool revoke = false;  // sync/door/revoke: leaf, scope and collection say nothing
  std::shared_ptr<const WriteRequest>
      request;  // asked for in this process: payload says nothing but how large it is
  std::chrono::steady_clock::time_point received =
      {};  // by the bridge, for its metrics; unset where nobody measures

  std::size_t bytes() const { return sizeof(Inbound) + topic.size() + scope.size() + payload.size(); }
};

/// Judges what the link delivered: a scope's in, pull or seen, or sync/door/revoke; not retained, with a right stamp. Code::denied
/// with the reason otherwise: such a message never came through the plugin (a will), and has no known sender.
Result<Inbound> admit(LinkMessage&& message, const std::shared_ptr<const Collections>& collections,
                      std::string_view stamp_key);

}  // namespace msync
