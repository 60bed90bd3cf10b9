#include "client/cpp/core/inbound.h"

#include "core/limits.h"
#include "core/topic.h"

namespace msync::client {
namespace {

using Kind = Inbound::Kind;

std::optional<Inbound> parse_inbox(std::string_view rest) {
  if (rest == "notice") return Inbound{Kind::notice, {}, {}};
  if (rest.starts_with("ack/")) return Inbound{Kind::ack, std::string(rest.substr(4)), {}};
  if (rest.starts_with("delta/")) return Inbound{Kind::delta, std::string(rest.substr(6)), {}};
  return std::nullopt;
}

}  // namespace

std::optional<Inbound> parse_inbound(std::string_view topic, std::string_view client_id) {
  if (topic == "sync/status") return Inbound{};
  if (topic.starts_with("sync/")) {
    topic.remove_prefix(5);
    if (!topic.starts_with(client_id) || !topic.substr(client_id.size()).starts_with('/'))
      return std::nullopt;
    return parse_inbox(topic.substr(client_id.size() + 1));
  }
  if (topic.ends_with("/log")) return Inbound{Kind::log, std::string(topic.substr(0, topic.size() - 4)), {}};
  const std::size_t slash = topic.rfind('/');
  if (slash == topic.npos) return std::nullopt;
  const std::string_view before = topic.substr(0, slash);
  if (!before.ends_with("/live")) return std::nullopt;
  return Inbound{Kind::live, std::string(before.substr(0, before.size() - 5)),
                 std::string(topic.substr(slash + 1))};
}

bool valid_scope(std::string_view text) {
  const Levels levels = split(text);
  if (levels.overflow || levels.size > limits::max_template_levels || levels.all()[0] == "sync") return false;
  for (const std::string_view level : levels.all()) {
    if (!valid_level(level)) return false;
  }
  return true;
}

bool names_leaf(std::string_view named, const std::string& scope, std::string_view leaf) {
  const std::string topic = scope + "/" + std::string(leaf);
  if (named == topic) return true;
  return named.size() >= 64 && topic.size() > limits::max_echo_bytes && topic.starts_with(named);
}

}  // namespace msync::client
