// The confirmed state of one scope: what the server has said, and nothing that it has not. Keeps the digest, and the
// generation by which a snapshot marks what its pages named. The caller commits the rows. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/cpp/core/rows.h"
#include "core/digest.h"

namespace msync::client {

class Documents {
 public:
  using Map = std::unordered_map<std::string, Confirmed>;

  explicit Documents(Rows& rows) : rows_(rows) {}

  void load(const std::string& id, Confirmed row) { place(id, std::move(row)); }

  /// Live or deleted; null: never heard of.
  const Confirmed* known(const std::string& id) const;
  const Confirmed* live(const std::string& id) const;
  const Map& all_live() const { return live_; }
  bool empty() const { return live_.empty() && tombstones_.empty(); }

  /// False for a patch of a version that is not here.
  bool fits(const Change& change) const;
  /// The change must fit. A patch that is no JSON object any more leaves the document as it was.
  void apply(const Change& change, std::uint64_t gen);

  /// Drops what no page of the snapshot `gen` named. What was alive, by id.
  std::map<std::string, Confirmed> sweep(std::uint64_t gen);
  /// A deleted id that the server has forgotten too.
  void forget(const std::string& id);
  /// The ids that were alive.
  std::vector<std::string> clear();

  std::string digest() const { return digest_.hex(); }
  std::size_t count() const { return live_.size(); }

 private:
  void place(const std::string& id, Confirmed row);
  void take_out(const std::string& id);
  void erase(const std::string& id);

  Rows& rows_;
  Map live_;
  Map tombstones_;
  std::set<std::pair<std::uint64_t, std::string>> buried_;  // tombstones by seq
  Digest digest_;
};

}  // namespace msync::client
