// Patches for live deltas: where readers hold what this bridge sent last, only what is new goes over the wire.
//
// Remembers the documents that were sent, the most recent ones, up to a bound; a large document that changes again goes as
// a merge patch against the version sent before. A reader that lacks that version pulls. One thread, the publisher's; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "core/message.h"

namespace msync {

class Patches {
 public:
  explicit Patches(std::size_t least_bytes = limits::patched_document_bytes,
                   std::size_t memory_bytes = limits::patches_memory_bytes)
      : least_bytes_(least_bytes), memory_bytes_(memory_bytes) {}

  /// For a live delta that is about to be sent: documents become patches where readers at `delta.from` hold their base,
  /// and the patch, at most half as large, gives exactly the new document.
  void shorten(std::int64_t scope, Delta& delta);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Sent {
    std::string key;
    std::uint64_t version = 0;
    std::uint64_t seq = 0;
    std::string data;
  };
  using Order = std::list<Sent>;  // most recently sent first

  void forget(const std::string& key);
  void remember(Sent&& sent);

  std::size_t least_bytes_;
  std::size_t memory_bytes_;
  std::size_t bytes_ = 0;
  Order order_;
  std::unordered_map<std::string, Order::iterator> by_key_;
};

}  // namespace msync
