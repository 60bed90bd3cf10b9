// The topic in hand, and small numbers for scopes.
//
// One publish is judged once for its writer and then once for each of its readers, always with the same
// topic: so the last topic's classification is kept, and a reader costs a comparison. Scopes get numbers, so
// that a session can remember its rights in one by a number and not by a string (see RightsMemo). Not
// thread-safe: the broker has one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/address.h"

namespace msync {

/// A topic and what it is. The address's views point into `text`.
struct Topic {
  std::string text;
  Address address;
  std::uint32_t scope = 0;  // its scope's number, from 1; 0 where it has none
};

class Topics {
 public:
  /// `collections` must outlive this object, or be replaced by reset().
  explicit Topics(const Collections& collections) : collections_(&collections) {}

  /// The reference is good until the next call.
  const Topic& of(std::string_view topic) {
    if (topic != last_.text || topic.empty()) classify_into_last(topic);
    return last_;
  }

  /// The topic that of() classified last, while the numbers hold.
  const Topic& last() const { return last_; }

  /// The scope of this number, of the present generation.
  const std::string& scope(std::uint32_t number) const { return *names_[number - 1]; }

  /// Raised whenever the numbers given so far lose their meaning.
  std::uint32_t generation() const { return generation_; }

  void reset(const Collections& collections);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void classify_into_last(std::string_view topic);
  std::uint32_t number_of(std::string_view scope);

  const Collections* collections_;
  Topic last_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> names_;  // by number - 1
  std::uint32_t generation_ = 1;
};

}  // namespace msync
