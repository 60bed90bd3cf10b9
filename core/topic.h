// Topic templates: the shape of a collection's scopes, such as `chat/{room}/messages`.
//
// Grammar:
//   template = literal *( "/" ( literal / "{" name "}" ) )     at most limits::max_template_levels levels
//   literal  = 1 to 128 bytes of UTF-8 without "/", "+", "#", "{", "}", control characters; not beginning with "$"
//   name     = [a-z_] *[a-z0-9_], once per template
// The first level is a literal and not `sync`. Below a scope T lie its leaves: T/in, T/pull, T/seen, T/log,
// T/doc/<id>, T/live/<client-id>. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "core/result.h"

namespace msync {

/// What a scope's leaf is for.
enum class Leaf : std::uint8_t { in, pull, seen, log, doc, live };

const char* to_string(Leaf leaf);

/// True if `text` can be a variable's value or an entity id: 1 to 128 bytes of UTF-8 without `/`, `+`, `#`,
/// control characters (C0, DEL, C1) or noncharacters (U+FDD0…U+FDEF, U+xxFFFE, U+xxFFFF), not beginning with `$`.
bool valid_level(std::string_view text);

/// True if `src` can name a replica: 16 to 36 of [0-9a-zA-Z-].
bool valid_src(std::string_view src);

/// A topic cut at its slashes, without allocation. Topics with more levels than `capacity` match no template;
/// `overflow` says so. The views point into the topic given.
struct Levels {
  static constexpr std::size_t capacity = limits::max_template_levels + 8;
  std::array<std::string_view, capacity> level;
  std::size_t size = 0;
  bool overflow = false;

  std::span<const std::string_view> all() const { return {level.data(), size}; }
};

Levels split(std::string_view topic);

/// A client id `<user>:<device>`, split at its last colon. The views point into the id given.
struct ClientId {
  std::string_view user;
  std::string_view device;
};

/// Empty unless the user is a valid level and the device is 1 to 64 of [A-Za-z0-9_-].
std::optional<ClientId> parse_client_id(std::string_view id);

/// MQTT's own matching of a filter (with + and #; no $share) against a topic, $-topics rule included.
bool filter_matches(std::string_view filter, std::string_view topic);

class TopicTemplate {
 public:
  /// Code::bad_config with what is wrong and how to mend it.
  static Result<TopicTemplate> parse(std::string_view text);

  const std::string& text() const { return text_; }

  /// Variable names in the order of their levels.
  const std::vector<std::string>& variables() const { return variables_; }

  std::size_t levels() const { return parts_.size(); }

  /// The values of the variables if `levels` has this shape; values that are no valid level count as a match
  /// (the caller must check them: see Address). Allocates nothing; `values` must have room for all variables.
  bool match(std::span<const std::string_view> levels, std::span<std::string_view> values) const;

  /// The index of the variable at this level, or -1 for a literal.
  int variable_at(std::size_t level) const { return parts_[level].variable; }
  const std::string& literal_at(std::size_t level) const { return parts_[level].literal; }

  /// The filter that matches every scope of this template with `leaf` behind it, such as `chat/+/messages/in`.
  /// For doc and live a `/+` follows the leaf.
  std::string filter(Leaf leaf) const;

  /// The topic with these values filled in, in the order of variables().
  std::string fill(std::span<const std::string_view> values) const;

  /// True if some topic is, for both templates, a leaf of one of their scopes. Two equal templates overlap.
  static bool overlap(const TopicTemplate& a, const TopicTemplate& b);

 private:
  struct Part {
    std::string literal;  // empty for a variable
    int variable = -1;
  };
  std::string text_;
  std::vector<Part> parts_;
  std::vector<std::string> variables_;
};

}  // namespace msync
