// Any lines as a filter, a topic and what a token says: subscriptions and deliveries agree. Whoever may receive a
// message may subscribe to it by any filter that matches; whoever may subscribe can receive something by it; and
// nobody receives or publishes what no grant says.
#include <set>

#include "core/limits.h"
#include "plugin/acl.h"
#include "tests/fuzz/require.h"

namespace {

using msync::Address;
using msync::Bearer;
using msync::Leaf;
using msync::Verdict;

using Values = std::set<std::string, std::less<>>;

const msync::Collections& collections() {
  const auto file = [](const char* name, const char* topic, const char* access) {
    return msync::SchemaFile{name, std::string(R"({"type":"object","x-sync":{"topic":")") + topic +
                                       R"(","access":)" + access + "}}"};
  };
  static const auto loaded = msync::Collections::load(
      {file(
           "chat.json", "chat/{room}/messages",
           R"([{"allow":["read","write"],"where":{"room":"$claims.rooms"}},{"allow":["read"],"role":"moderator"}])"),
       file("drop.json", "drop/{user}/box",
            R"([{"allow":["write"]},{"allow":["read"],"where":{"user":"$user"}}])"),
       file(
           "pair.json", "pair/{a}/{b}",
           R"([{"allow":["read"],"where":{"a":"$user","b":"$claims.rooms"}},{"allow":["write"],"where":{"b":"public"}}])"),
       file("members.json", "club/{club}/members", R"([{"allow":["write"],"role":"editor"}])"),
       file("club.json", "club/{club}/notes",
            R"([{"allow":["read","write"],"member_of":"club/{club}/members/{user}"}])")});
  REQUIRE(loaded.problems.empty());
  return loaded.collections;
}

struct EverybodyIsAMember : msync::Memberships {
  bool contains(std::string_view, std::string_view) const override { return true; }
};

std::uint8_t rights_in(const Address& address, const msync::Identity& who,
                       const msync::Memberships* members) {
  std::uint8_t rights = 0;
  if (!address.collection) return rights;
  for (const msync::Right right : {msync::Right::read, msync::Right::write}) {
    if (msync::allows(*address.collection, address.variables(), who, right, members))
      rights |= static_cast<std::uint8_t>(right);
  }
  return rights;
}

bool receives(std::string_view name, const Bearer& bearer, const msync::Memberships* members) {
  const msync::Topic topic{std::string(name), msync::classify(collections(), name), 1};
  return msync::judge_delivery(topic, bearer, rights_in(topic.address, bearer.who, members)).verdict ==
         Verdict::allow;
}

bool valid_filter(std::string_view filter) {
  if (filter.empty() || std::count(filter.begin(), filter.end(), '/') > 10) return false;
  const auto levels = msync::split(filter);
  for (std::size_t i = 0; i < levels.size; ++i) {
    const std::string_view level = levels.level[i];
    if (level.size() > 1 && level.find_first_of("+#") != level.npos) return false;
    if (level == "#" && i + 1 != levels.size) return false;
  }
  return true;
}

// Is there a topic of this collection that matches the filter and that the bearer receives, if he is a member of all?
bool some_readable(const msync::Collection& collection, std::string_view filter, const Bearer& bearer,
                   const Values& values) {
  const EverybodyIsAMember members;
  const std::size_t count = collection.topic.variables().size();
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      const std::vector<std::string_view> chosen = {a, b};
      const std::string scope = collection.topic.fill(std::span(chosen).first(count));
      std::vector<std::string> topics = {scope + "/log", (scope + "/live/").append(bearer.client_id)};
      for (const std::string& id : values) {
        topics.push_back(scope + "/doc/" + id);
        topics.push_back(scope + "/live/" + id);
      }
      for (const std::string& topic : topics) {
        if (msync::filter_matches(filter, topic) && receives(topic, bearer, &members)) return true;
      }
      if (count < 2) break;
    }
  }
  return false;
}

void check_subscription(std::string_view filter, std::string_view topic, const Bearer& bearer,
                        Values values) {
  const Verdict verdict = msync::judge_subscribe(collections(), filter, bearer).verdict;
  const bool matches = msync::filter_matches(filter, topic);
  const EverybodyIsAMember members;
  if (matches && receives(topic, bearer, &members)) REQUIRE(verdict == Verdict::allow);
  if (filter.starts_with('$') || bearer.who.bridge || verdict != Verdict::allow) return;

  const auto levels = msync::split(filter);
  if (levels.level[0] == "sync" || levels.level[0] == "+" || levels.level[0] == "#") return;  // one's inbox
  const auto is_wild = [](std::string_view level) { return level == "+" || level == "#"; };
  for (const std::string_view level : levels.all()) {
    if (!is_wild(level) && !msync::valid_level(level)) return;  // harmless: there is no such topic
    values.emplace(level);
  }
  std::erase_if(values, [](const std::string& value) { return !msync::valid_level(value); });
  const std::size_t named =
      levels.level[levels.size - 1] == "#" ? levels.size - 1 : levels.size;  // a/# matches a
  if (named > 1 && levels.level[named - 2] == "live" && !is_wild(levels.level[named - 1]) &&
      !msync::parse_client_id(levels.level[named - 1]))
    return;  // likewise
  bool found = false;
  for (const auto& collection : collections().all())
    found = found || some_readable(collection, filter, bearer, values);
  REQUIRE(found);
}

void check_delivery(std::string_view name, const Bearer& bearer) {
  const Address address = msync::classify(collections(), name);
  if (bearer.who.bridge || !receives(name, bearer, nullptr)) return;
  const std::uint8_t rights = rights_in(address, bearer.who, nullptr);
  switch (address.kind) {
    case Address::Kind::scope:
      REQUIRE(address.leaf == Leaf::log || address.leaf == Leaf::doc || address.leaf == Leaf::live);
      REQUIRE(msync::has(rights, msync::Right::read));
      break;
    case Address::Kind::inbox_ack:
    case Address::Kind::inbox_delta:
    case Address::Kind::inbox_notice:
    case Address::Kind::inbox_probe:
      REQUIRE(address.client == bearer.client_id);
      break;
    case Address::Kind::status:
      break;
    default:
      REQUIRE(bearer.who.has_role("operator"));
  }
}

void check_publish(std::string_view name, const Bearer& bearer) {
  const msync::Topic topic{std::string(name), msync::classify(collections(), name), 1};
  const Address& address = topic.address;
  const std::uint8_t rights = rights_in(address, bearer.who, nullptr);
  const auto allowed = [&](bool retain, bool gone) {
    return msync::judge_publish(topic, bearer, rights, retain, gone).verdict == Verdict::allow;
  };
  if (bearer.who.bridge) return;
  REQUIRE(!allowed(true, false) && !allowed(true, true));  // nothing of a user's is retained
  if (allowed(false, true)) REQUIRE(allowed(false, false) && address.leaf == Leaf::live);
  if (!allowed(false, false)) return;
  if (address.kind != Address::Kind::scope) {
    REQUIRE(address.kind == Address::Kind::system ||
            (address.kind == Address::Kind::door && bearer.who.has_role("operator")));
    return;
  }
  REQUIRE(address.leaf != Leaf::log && address.leaf != Leaf::doc && rights != 0);
  if (address.leaf == Leaf::live) REQUIRE(address.tail == bearer.client_id);
  if (address.leaf == Leaf::in) REQUIRE(msync::has(rights, msync::Right::write));
}

void check_stranger(std::string_view filter, std::string_view name) {
  const msync::Topic topic{std::string(name), msync::classify(collections(), name), 1};
  const Address::Kind kind = topic.address.kind;
  const Verdict verdict = msync::judge_stranger(topic).verdict;
  REQUIRE(verdict != Verdict::allow);
  if (kind != Address::Kind::outside && kind != Address::Kind::system) REQUIRE(verdict == Verdict::deny);
  REQUIRE(msync::judge_stranger_subscribe(collections(), filter).verdict != Verdict::allow);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view lines[5];  // filter, topic, user, a room, a role
  for (auto& line : lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto [filter, topic, user, room, role] = lines;
  if (!valid_filter(filter) || !valid_filter(topic) || topic.find_first_of("+#") != topic.npos) return 0;
  if (!msync::valid_level(user) || !msync::valid_level(room) || !msync::valid_level(role)) return 0;
  msync::Identity who;
  who.user = user;
  who.roles = {std::string(role)};
  who.claims = {{"rooms", {room, "42"}}};
  const std::string client_id = who.user + ":pc";
  Values values = {who.user, std::string(room), "42", "public", "x", client_id};
  std::erase_if(values, [](const std::string& value) { return !msync::valid_level(value); });
  for (const bool bridge : {false, true}) {
    who.bridge = bridge;
    const Bearer bearer{who, client_id};
    check_subscription(filter, topic, bearer, values);
    check_delivery(topic, bearer);
    check_publish(topic, bearer);
    const std::string shared = "$share/g/" + std::string(filter);
    if (!bridge) REQUIRE(msync::judge_subscribe(collections(), shared, bearer).verdict != Verdict::allow);
  }
  check_stranger(filter, topic);
  return 0;
}
