// Why a grant holds or does not, in words: what `mosquitto-sync check --as` says of a decision.
//
// The answer is access.h's own, asked for each grant alone; only the words are made here, so the two cannot disagree. Pure;
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/collection.h"

namespace msync {

struct GrantReport {
  std::size_t index = 0;           // in x-sync.access
  std::string text;                // as JSON
  bool holds = false;              // for what was asked
  std::vector<std::string> lacks;  // what is missing, as phrases; at least one if it does not hold
};

/// Each grant of the collection, asked for a scope with these values. Without `members` a membership is named as what
/// nobody here knows.
std::vector<GrantReport> explain(const Collection& collection, std::span<const std::string_view> values,
                                 const Identity& who, Right right, const Memberships* members);

/// Each grant, asked whether it can make something readable that this filter (without $share prefix) matches.
std::vector<GrantReport> explain_filter(const Collection& collection, std::string_view filter,
                                        const Identity& who);

/// A grant as in a file, on one line.
std::string to_text(const Grant& grant, const TopicTemplate& topic);

}  // namespace msync
