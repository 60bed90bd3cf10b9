#include "core/topic.h"

#include <algorithm>

#include "core/json.h"
#include "core/utf8.h"

namespace msync {
namespace {

constexpr Leaf all_leaves[] = {Leaf::in, Leaf::pull, Leaf::seen, Leaf::log, Leaf::doc, Leaf::live};

bool has_tail(Leaf leaf) {
  return leaf == Leaf::doc || leaf == Leaf::live;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/// Mosquitto disconnects whoever sends one of Unicode's noncharacters in a topic: with an entity id that holds
/// one, T/doc/<id> would cut the bridge off again and again.
bool is_noncharacter(char32_t c) {
  return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

bool is_name(std::string_view text) {
  const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && lower(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return lower(c) || (c >= '0' && c <= '9'); });
}

Error bad_template(std::string_view text, const std::string& why) {
  return Error{Code::bad_config, "topic " + json_quoted(text) + ": " + why, ""};
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

const char* to_string(Leaf leaf) {
  switch (leaf) {
    case Leaf::in:
      return "in";
    case Leaf::pull:
      return "pull";
    case Leaf::seen:
      return "seen";
    case Leaf::log:
      return "log";
    case Leaf::doc:
      return "doc";
    case Leaf::live:
      return "live";
  }
  return "";
}

bool valid_level(std::string_view text) {
  if (text.empty() || text.size() > limits::max_level_bytes || text.front() == '$') return false;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const char32_t c = point.value;
    if (point.bytes == 0 || is_control(c) || is_noncharacter(c)) return false;
    if (c == '/' || c == '+' || c == '#') return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

bool valid_src(std::string_view src) {
  return src.size() >= limits::min_src_bytes && src.size() <= limits::max_src_bytes &&
         std::all_of(src.begin(), src.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

Levels split(std::string_view topic) {
  Levels levels;
  while (true) {
    if (levels.size == Levels::capacity) {
      levels.overflow = true;
      return levels;
    }
    const std::size_t slash = topic.find('/');
    levels.level[levels.size++] = topic.substr(0, slash);
    if (slash == std::string_view::npos) return levels;
    topic.remove_prefix(slash + 1);
  }
}

std::optional<ClientId> parse_client_id(std::string_view id) {
  const std::size_t colon = id.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const ClientId parts{id.substr(0, colon), id.substr(colon + 1)};
  const bool device = !parts.device.empty() && parts.device.size() <= limits::max_device_bytes &&
                      std::all_of(parts.device.begin(), parts.device.end(),
                                  [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
  if (!device || !valid_level(parts.user)) return std::nullopt;
  return parts;
}

bool filter_matches(std::string_view filter, std::string_view topic) {
  if (!topic.empty() && topic.front() == '$' && !filter.empty() &&
      (filter.front() == '+' || filter.front() == '#')) {
    return false;
  }
  while (true) {
    const std::size_t filter_end = filter.find('/');
    const std::size_t topic_end = topic.find('/');
    const std::string_view level = filter.substr(0, filter_end);
    if (level == "#") return true;
    if (level != "+" && level != topic.substr(0, topic_end)) return false;
    if (topic_end == std::string_view::npos) {
      // `a/#` matches `a` too.
      return filter_end == std::string_view::npos || filter.substr(filter_end + 1) == "#";
    }
    if (filter_end == std::string_view::npos) return false;
    filter.remove_prefix(filter_end + 1);
    topic.remove_prefix(topic_end + 1);
  }
}

Result<TopicTemplate> TopicTemplate::parse(std::string_view text) {
  TopicTemplate parsed;
  parsed.text_ = std::string(text);
  const Levels levels = split(text);
  if (levels.size > limits::max_template_levels) return bad_template(text, "has more than 16 levels");
  for (const std::string_view level : levels.all()) {
    const bool variable = level.size() >= 2 && level.front() == '{' && level.back() == '}';
    if (!variable) {
      if (!valid_level(level)) {
        return bad_template(text,
                            "the level " + json_quoted(level) +
                                " must be 1 to 128 bytes without +, #, control characters or a leading $");
      }
      if (level.find_first_of("{}") != std::string_view::npos) {
        return bad_template(text, "a variable is a whole level, such as {room}; mend " + json_quoted(level));
      }
      parsed.parts_.push_back({std::string(level), -1});
      continue;
    }
    const std::string name(level.substr(1, level.size() - 2));
    if (!is_name(name))
      return bad_template(text, "the variable " + json_quoted(level) + " must match {[a-z_][a-z0-9_]*}");
    if (std::find(parsed.variables_.begin(), parsed.variables_.end(), name) != parsed.variables_.end()) {
      return bad_template(text, "the variable " + json_quoted(level) + " occurs twice");
    }
    parsed.parts_.push_back({"", static_cast<int>(parsed.variables_.size())});
    parsed.variables_.push_back(name);
  }
  if (parsed.parts_.front().variable >= 0) return bad_template(text, "the first level must be a literal");
  if (parsed.parts_.front().literal == "sync")
    return bad_template(text, "the first level 'sync' is the protocol's own");
  return parsed;
}

bool TopicTemplate::match(std::span<const std::string_view> levels,
                          std::span<std::string_view> values) const {
  if (levels.size() != parts_.size() || values.size() < variables_.size()) return false;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].variable >= 0) {
      values[static_cast<std::size_t>(parts_[i].variable)] = levels[i];
    } else if (parts_[i].literal != levels[i]) {
      return false;
    }
  }
  return true;
}

std::string TopicTemplate::filter(Leaf leaf) const {
  std::string filter;
  for (const Part& part : parts_) filter += (part.variable >= 0 ? "+" : part.literal) + "/";
  return filter + to_string(leaf) + (has_tail(leaf) ? "/+" : "");
}

std::string TopicTemplate::fill(std::span<const std::string_view> values) const {
  std::string topic;
  for (const Part& part : parts_) {
    if (!topic.empty()) topic += '/';
    topic += part.variable >= 0 ? values[static_cast<std::size_t>(part.variable)] : part.literal;
  }
  return topic;
}

bool TopicTemplate::overlap(const TopicTemplate& a, const TopicTemplate& b) {
  // Two filters overlap if they are of one length and no level has two different literals.
  const auto meet = [](std::string_view left, std::string_view right) {
    const Levels l = split(left);
    const Levels r = split(right);
    return l.size == r.size && std::equal(l.all().begin(), l.all().end(), r.all().begin(),
                                          [](auto x, auto y) { return x == y || x == "+" || y == "+"; });
  };
  for (const Leaf left : all_leaves) {
    for (const Leaf right : all_leaves) {
      if (meet(a.filter(left), b.filter(right))) return true;
    }
  }
  return false;
}

}  // namespace msync
