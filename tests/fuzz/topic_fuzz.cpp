// Any lines as a template, a filter and a topic: matching agrees with the rules as MQTT writes them down, and
// whatever a topic is classified as, it holds together.
#include "core/topic.h"

#include "core/access.h"
#include "core/address.h"
#include "tests/fuzz/require.h"

namespace {

using msync::Address;
using msync::Leaf;

std::vector<std::string_view> cut(std::string_view text) {
  std::vector<std::string_view> levels;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t slash = std::min(text.find('/', from), text.size());
    levels.push_back(text.substr(from, slash - from));
    from = slash + 1;
  }
  return levels;
}

/// True if MQTT allows it: # alone and last, + alone.
bool valid_filter(const std::vector<std::string_view>& filter) {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i].size() > 1 && filter[i].find_first_of("+#") != std::string_view::npos) return false;
    if (filter[i] == "#" && i + 1 != filter.size()) return false;
  }
  return true;
}

/// MQTT 5 §4.7, level by level.
bool reference_match(const std::vector<std::string_view>& filter,
                     const std::vector<std::string_view>& topic) {
  const bool hidden = !topic[0].empty() && topic[0][0] == '$';
  if (hidden && (filter[0] == "+" || filter[0] == "#")) return false;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] == "#") return true;
    if (i == topic.size()) return false;
    if (filter[i] != "+" && filter[i] != topic[i]) return false;
    if (i + 1 == topic.size() && i + 2 == filter.size() && filter[i + 1] == "#") return true;
  }
  return filter.size() == topic.size();
}

void check_filter(std::string_view filter, std::string_view topic) {
  if (filter.empty() || topic.empty() || !valid_filter(cut(filter))) return;
  REQUIRE(msync::filter_matches(filter, topic) == reference_match(cut(filter), cut(topic)));
}

void check_template(std::string_view text, std::string_view value) {
  const auto parsed = msync::TopicTemplate::parse(text);
  if (!parsed) {
    REQUIRE(!parsed.error().message.empty());
    return;
  }
  REQUIRE(parsed->text() == text);
  REQUIRE(msync::TopicTemplate::overlap(*parsed, *parsed));
  const std::vector<std::string_view> values(parsed->variables().size(), value);
  const std::string scope = parsed->fill(values);
  if (value.find('/') != std::string_view::npos) return;
  std::array<std::string_view, msync::limits::max_template_levels> found;
  REQUIRE(parsed->match(msync::split(scope).all(), found));
  for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(found[i] == value);
  REQUIRE(msync::filter_matches(parsed->filter(Leaf::in), scope + "/in"));
  REQUIRE(msync::can_match(*parsed, scope + "/in"));
}

const msync::Collections& collections() {
  static const auto loaded = msync::Collections::load(
      {{"chat.json",
        R"({"type":"object","x-sync":{"topic":"chat/{room}/messages","access":[{"allow":["read","write"]}]}})"},
       {"t.json", R"({"type":"object","x-sync":{"topic":"t/{a}/{b}","access":[{"allow":["read"]}]}})"}});
  REQUIRE(loaded.problems.empty());
  return loaded.collections;
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_topic(std::string_view topic) {
  const Address address = msync::classify(collections(), topic);
  REQUIRE(inside(address.scope, topic) && inside(address.tail, topic) && inside(address.client, topic));
  for (const std::string_view value : address.variables()) {
    REQUIRE(inside(value, topic) && msync::valid_level(value));
  }
  const bool ours = topic == "sync" || topic.starts_with("sync/");
  REQUIRE(!ours || (address.kind != Address::Kind::outside && address.kind != Address::Kind::scope));
  REQUIRE((address.kind == Address::Kind::system) == topic.starts_with('$'));
  if (!address.collection) return;
  const Address scope = msync::classify_scope(collections(), address.scope);
  REQUIRE(scope.kind == Address::Kind::scope && scope.collection == address.collection);
  if (address.kind != Address::Kind::scope) return;
  REQUIRE(msync::filter_matches(address.collection->topic.filter(address.leaf), topic));
  REQUIRE(msync::can_match(address.collection->topic, topic));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view lines[3];
  for (auto& line : lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  check_template(lines[0], lines[1]);
  check_filter(lines[1], lines[2]);
  for (const std::string_view line : lines) {
    check_topic(line);
    if (const auto client = msync::parse_client_id(line)) {
      REQUIRE(std::string(client->user) + ":" + std::string(client->device) == line);
    }
  }
  return 0;
}
