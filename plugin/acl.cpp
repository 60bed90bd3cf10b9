#include "plugin/acl.h"

#include <algorithm>

namespace msync {
namespace {

using Kind = Address::Kind;

constexpr Ruling allow{Verdict::allow};
constexpr Ruling defer{Verdict::defer};

constexpr Ruling deny(const char* why) {
  return {Verdict::deny, why};
}

constexpr Ruling no_read = deny("your token does not grant read here");
constexpr Ruling no_write = deny("your token does not grant write here");
constexpr Ruling bridge_publishes = deny("only the bridge publishes here");
constexpr Ruling bridge_receives = deny("only the bridge receives this");
constexpr Ruling not_yours = deny("this is another client's");
constexpr Ruling nobody = deny("this topic is reserved");
constexpr Ruling no_retain = deny("retained messages are refused here");
constexpr Ruling bridge_only = deny("this is for the role bridge");
constexpr Ruling operators_ask = deny("this is for the role operator");
constexpr Ruling no_token = deny("this takes a token");

constexpr Ruling when(bool granted, Ruling otherwise) {
  return granted ? allow : otherwise;
}

// Of the $-topics, $SYS and $CONTROL are ruled here; `name` may be a filter.
bool below(std::string_view topic, std::string_view name) {
  return topic.starts_with(name) && (topic.size() == name.size() || topic[name.size()] == '/');
}

bool ruled_system(std::string_view topic) {
  return below(topic, "$SYS") || below(topic, "$CONTROL");
}

bool may_read_system(std::string_view topic, const Identity& who) {
  return who.bridge || (below(topic, "$SYS") && who.has_role("operator"));
}

Ruling judge_door_publish(const Address& address, const Bearer& bearer, bool retain, bool gone) {
  switch (address.matter) {
    case Address::Matter::revoke:
      if (retain) return no_retain;
      if (gone) return deny("a will is no request");
      return when(bearer.who.bridge || bearer.who.has_role("operator"), operators_ask);
    case Address::Matter::revoked:
      return gone ? bridge_publishes : when(bearer.who.bridge, bridge_publishes);
    case Address::Matter::members:
      if (gone) return bridge_publishes;
      return retain ? no_retain : when(bearer.who.bridge, bridge_publishes);
    case Address::Matter::keys:
    case Address::Matter::counters:
      return nobody;
  }
  return nobody;
}

Ruling judge_door_delivery(const Address& address, const Identity& who) {
  if (address.matter == Address::Matter::revoked && who.has_role("operator")) return allow;
  return when(who.bridge, bridge_receives);
}

Ruling judge_leaf_publish(const Address& address, const Bearer& bearer, std::uint8_t rights, bool retain,
                          bool gone) {
  const bool relayed = address.leaf != Leaf::log && address.leaf != Leaf::doc;
  if (relayed && retain) return no_retain;
  switch (address.leaf) {
    case Leaf::in:
      return gone ? deny("a will is no mutation") : when(has(rights, Right::write), no_write);
    case Leaf::pull:
    case Leaf::seen:
      return gone ? deny("a will is no request") : when(has(rights, Right::read), no_read);
    case Leaf::live:
      if (address.tail != bearer.client_id) return not_yours;
      return when(rights != 0, deny("your token grants neither read nor write here"));
    case Leaf::log:
    case Leaf::doc:
      return when(bearer.who.bridge, bridge_publishes);
  }
  return nobody;
}

// What may lie behind a `$share/<group>/`; empty if the text is no such filter or names nothing.
std::string_view shared_filter(std::string_view filter) {
  filter.remove_prefix(std::min(filter.size(), std::string_view("$share/").size()));
  const std::size_t slash = filter.find('/');
  if (slash == 0 || slash == std::string_view::npos) return {};
  return filter.substr(slash + 1);
}

bool has_wildcard(std::string_view filter) {
  return filter.find_first_of("+#") != std::string_view::npos;
}

// Can the filter match a topic below `levels`, or (with `exactly`) the topic that `levels` are?
bool reaches(const Levels& filter, std::initializer_list<std::string_view> levels, bool exactly) {
  std::size_t i = 0;
  for (const std::string_view level : levels) {
    if (i == filter.size) return false;
    if (filter.level[i] == "#") return true;
    if (filter.level[i] != "+" && filter.level[i] != level) return false;
    ++i;
  }
  if (exactly) return i == filter.size || filter.level[i] == "#";
  return i < filter.size;
}

bool touches_ours(const Collections& collections, std::string_view filter, const Levels& levels) {
  if (reaches(levels, {"sync"}, false)) return true;
  return std::any_of(collections.all().begin(), collections.all().end(),
                     [&](const Collection& collection) { return can_match(collection.topic, filter); });
}

bool can_receive(const Collections& collections, std::string_view filter, const Levels& levels,
                 const Bearer& bearer) {
  if (bearer.who.bridge) return true;
  if (reaches(levels, {"sync", bearer.client_id}, false)) return true;
  if (reaches(levels, {"sync", "status"}, true)) return true;
  if (bearer.who.has_role("operator") && reaches(levels, {"sync", "door", "revoked"}, true)) return true;
  return std::any_of(collections.all().begin(), collections.all().end(), [&](const Collection& collection) {
    return can_match_readable(collection, filter, bearer.who);
  });
}

}  // namespace

Ruling judge_publish(const Topic& topic, const Bearer& bearer, std::uint8_t rights, bool retain, bool gone) {
  const Address& address = topic.address;
  switch (address.kind) {
    case Kind::scope:
      return judge_leaf_publish(address, bearer, rights, retain, gone);
    case Kind::inbox_ack:
    case Kind::inbox_delta:
    case Kind::inbox_notice:
    case Kind::status:
      return when(bearer.who.bridge, bridge_publishes);
    case Kind::inbox_probe:
      if (!bearer.who.bridge || gone) return bridge_publishes;
      return retain ? no_retain : when(address.client == bearer.client_id, not_yours);
    case Kind::door:
      return judge_door_publish(address, bearer, retain, gone);
    case Kind::reserved:
      return nobody;
    case Kind::system:
      if (topic.text == token_topic) return retain || gone ? nobody : allow;
      return ruled_system(topic.text) ? when(bearer.who.bridge, bridge_only) : defer;
    case Kind::outside:
      return defer;
  }
  return nobody;
}

Ruling judge_delivery(const Topic& topic, const Bearer& bearer, std::uint8_t rights) {
  const Address& address = topic.address;
  const Identity& who = bearer.who;
  switch (address.kind) {
    case Kind::scope:
      if (who.bridge) return allow;
      if (address.leaf == Leaf::in || address.leaf == Leaf::pull || address.leaf == Leaf::seen) {
        return bridge_receives;
      }
      return when(has(rights, Right::read), no_read);
    case Kind::inbox_ack:
      return address.client == bearer.client_id ? when(has(rights, Right::write), no_write) : not_yours;
    case Kind::inbox_delta:
      return address.client == bearer.client_id ? when(has(rights, Right::read), no_read) : not_yours;
    case Kind::inbox_notice:
    case Kind::inbox_probe:
      return when(address.client == bearer.client_id, not_yours);
    case Kind::status:
      return allow;
    case Kind::door:
      return judge_door_delivery(address, who);
    case Kind::reserved:
      return nobody;
    case Kind::system:
      return ruled_system(topic.text) ? when(may_read_system(topic.text, who), bridge_only) : defer;
    case Kind::outside:
      return defer;
  }
  return nobody;
}

Ruling judge_subscribe(const Collections& collections, std::string_view filter, const Bearer& bearer) {
  if (below(filter, "$share")) {
    const std::string_view inner = shared_filter(filter);
    if (inner.empty() || inner.front() == '$') return deny("this is no shared subscription");
    const bool ours = touches_ours(collections, inner, split(inner));
    return ours ? when(bearer.who.bridge, bridge_only) : defer;
  }
  if (ruled_system(filter)) return when(may_read_system(filter, bearer.who), bridge_only);
  if (filter.starts_with('$')) return defer;
  const Levels levels = split(filter);
  if (!touches_ours(collections, filter, levels)) return defer;
  return when(can_receive(collections, filter, levels, bearer),
              deny("nothing that your token grants can match this filter"));
}

Ruling judge_stranger(const Topic& topic) {
  if (topic.address.kind == Kind::outside) return defer;
  if (topic.address.kind == Kind::system && !ruled_system(topic.text)) return defer;
  return no_token;
}

Ruling judge_stranger_subscribe(const Collections& collections, std::string_view filter) {
  if (below(filter, "$share")) filter = shared_filter(filter);
  if (filter.empty() || ruled_system(filter)) return no_token;
  if (filter.starts_with('$') || has_wildcard(filter)) return defer;
  return touches_ours(collections, filter, split(filter)) ? no_token : defer;
}

}  // namespace msync
