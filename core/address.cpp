#include "core/address.h"

#include <algorithm>

namespace msync {
namespace {

struct Tail {
  Leaf leaf;
  bool named;  // an id or a client id follows
};

std::optional<Tail> parse_leaf(std::string_view level) {
  if (level == "in") return Tail{Leaf::in, false};
  if (level == "pull") return Tail{Leaf::pull, false};
  if (level == "seen") return Tail{Leaf::seen, false};
  if (level == "log") return Tail{Leaf::log, false};
  if (level == "doc") return Tail{Leaf::doc, true};
  if (level == "live") return Tail{Leaf::live, true};
  return std::nullopt;
}

bool values_valid(const Address& address) {
  const auto values = address.variables();
  return std::all_of(values.begin(), values.end(), valid_level);
}

Address of_kind(Address::Kind kind) {
  Address address;
  address.kind = kind;
  return address;
}

/// Where a level of a topic begins in it.
std::size_t offset_of(std::string_view level, std::string_view topic) {
  return static_cast<std::size_t>(level.data() - topic.data());
}

/// Fills the address in if the topic has the shape of a leaf of this collection.
bool match_leaf(const Collection& collection, std::string_view topic, const Levels& levels,
                Address& address) {
  const std::size_t depth = collection.topic.levels();
  if (levels.size <= depth || levels.size > depth + 2) return false;
  const auto tail = parse_leaf(levels.level[depth]);
  if (!tail || levels.size != depth + (tail->named ? 2 : 1)) return false;
  if (!collection.topic.match(levels.all().first(depth), address.values)) return false;
  address.kind = Address::Kind::scope;
  address.collection = &collection;
  address.leaf = tail->leaf;
  address.scope = topic.substr(0, offset_of(levels.level[depth], topic) - 1);
  if (tail->named) address.tail = levels.level[depth + 1];
  return true;
}

bool tail_valid(const Address& address) {
  if (address.leaf == Leaf::doc) return valid_level(address.tail);
  if (address.leaf == Leaf::live) return parse_client_id(address.tail).has_value();
  return true;
}

Address classify_door(std::string_view name) {
  Address address = of_kind(Address::Kind::door);
  if (name == "revoke") {
    address.matter = Address::Matter::revoke;
  } else if (name == "revoked") {
    address.matter = Address::Matter::revoked;
  } else if (name == "members") {
    address.matter = Address::Matter::members;
  } else if (name == "keys") {
    address.matter = Address::Matter::keys;
  } else if (name == "counters") {
    address.matter = Address::Matter::counters;
  } else {
    address.kind = Address::Kind::reserved;
  }
  return address;
}

Address classify_inbox(const Collections& collections, std::string_view topic, const Levels& levels) {
  const std::string_view client = levels.level[1];
  const std::string_view what = levels.level[2];
  if (!parse_client_id(client)) return of_kind(Address::Kind::reserved);
  Address address;
  if (levels.size == 3 && (what == "notice" || what == "probe")) {
    address.kind = what == "notice" ? Address::Kind::inbox_notice : Address::Kind::inbox_probe;
  } else if (levels.size > 3 && (what == "ack" || what == "delta")) {
    address = classify_scope(collections, topic.substr(offset_of(levels.level[3], topic)));
    if (address.kind != Address::Kind::scope) return of_kind(Address::Kind::reserved);
    address.kind = what == "ack" ? Address::Kind::inbox_ack : Address::Kind::inbox_delta;
  } else {
    return of_kind(Address::Kind::reserved);
  }
  address.client = client;
  return address;
}

Address classify_sync(const Collections& collections, std::string_view topic, const Levels& levels) {
  if (levels.size == 2 && levels.level[1] == "status") return of_kind(Address::Kind::status);
  if (levels.size < 3 || levels.overflow) return of_kind(Address::Kind::reserved);
  if (levels.size == 3 && levels.level[1] == "door") return classify_door(levels.level[2]);
  return classify_inbox(collections, topic, levels);
}

}  // namespace

Address classify(const Collections& collections, std::string_view topic) {
  if (topic.starts_with('$')) return of_kind(Address::Kind::system);
  const Levels levels = split(topic);
  if (levels.level[0] == "sync") return classify_sync(collections, topic, levels);
  if (levels.overflow) return {};
  for (const Collection& collection : collections.all()) {
    Address address;
    if (!match_leaf(collection, topic, levels, address)) continue;
    // The shape is ours: with an impossible value in it the topic is nobody's, not open to everybody.
    return values_valid(address) && tail_valid(address) ? address : of_kind(Address::Kind::reserved);
  }
  return {};
}

Address classify_scope(const Collections& collections, std::string_view scope) {
  const Levels levels = split(scope);
  if (levels.overflow) return {};
  for (const Collection& collection : collections.all()) {
    Address address;
    if (!collection.topic.match(levels.all(), address.values)) continue;
    address.kind = Address::Kind::scope;
    address.collection = &collection;
    address.scope = scope;
    return values_valid(address) ? address : Address{};
  }
  return {};
}

}  // namespace msync
