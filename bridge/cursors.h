// How far each scope has been published: sent, and acknowledged by the broker.
//
// A scope is listed only while the broker has not acknowledged its head, so memory follows what is under way,
// not how many scopes there are. A lost connection sets `sent` back to `acked`: what is unknown is sent again,
// and readers drop what they have. Thread-safe: the pipeline touches, the publisher sends, the link's thread
// acknowledges.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace msync {

class Cursors {
 public:
  /// The head of a scope moved. What was before `head_before` is published already, unless the scope is listed.
  void touch(std::int64_t scope, std::uint64_t head_before, std::uint64_t head);

  /// A scope with something to send and the seq to start from; scopes take turns.
  struct Work {
    std::int64_t scope = 0;
    std::uint64_t from = 0;
  };
  std::optional<Work> next();

  /// Everything up to `to` is about to be handed to the link; `head` is what the scope's head was then. Before, not
  /// after: the connection may break, and failed() come, before the call to the link has returned.
  void sent(std::int64_t scope, std::uint64_t to, std::uint64_t head);

  /// The broker has acknowledged everything up to `to`.
  void acked(std::int64_t scope, std::uint64_t to);

  /// Something sent has an unknown fate: the scope starts again from what was acknowledged.
  void failed(std::int64_t scope);

  /// The connection broke: what was sent and not acknowledged is to be sent again.
  void connection_lost();

  /// Cursors that moved since the last call, to be stored. Bounded by the number of scopes under way.
  std::vector<std::pair<std::int64_t, std::uint64_t>> take_acked();

  /// The heads of what is under way, to be asked for by reached().
  std::map<std::int64_t, std::uint64_t> heads() const;

  /// True if the broker has acknowledged all of these.
  bool reached(const std::map<std::int64_t, std::uint64_t>& heads) const;

  /// True if nothing is to be sent and nothing unacknowledged.
  bool idle() const;

  /// How many scopes are under way.
  std::size_t size() const;

 private:
  struct Cursor {
    std::uint64_t acked = 0;
    std::uint64_t sent = 0;
    std::uint64_t head = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::int64_t, Cursor> cursors_;
  std::map<std::int64_t, std::uint64_t> to_store_;
  std::int64_t last_turn_ = 0;
};

}  // namespace msync
