// Who is a member of what, as the bridge has told: what `member_of` grants are judged by.
//
// The bridge tells everything on each of its connections (a census, from `first` to `last`) and every change. While
// a census runs, what was known before still holds. After a start of the broker nothing is known, so such grants do
// not hold until the bridge has come. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/door_message.h"

namespace msync {

class Members : public Memberships {
 public:
  /// At most so many are known; what comes beyond does not hold.
  explicit Members(std::size_t most = limits::memberships) : most_(most) {}

  bool contains(std::string_view scope, std::string_view user) const override;

  /// Whose membership the message would begin or end, `present` saying which. Before apply(), which changes it.
  std::vector<Member> changes(const MembersMessage& message) const;

  /// False if there was no room for all of it.
  bool apply(const MembersMessage& message);

  std::size_t size() const { return size_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  bool add(const Member& member);
  void remove(const Member& member);
  void sweep();

  std::size_t most_;
  std::size_t size_ = 0;
  std::uint32_t census_ = 0;              // rises with each
  ByName<ByName<std::uint32_t>> scopes_;  // scope, user, the census that named it last
};

}  // namespace msync
