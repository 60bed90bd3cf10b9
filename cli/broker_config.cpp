#include "cli/broker_config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/limits.h"

namespace msync {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Judge {
 public:
  Judge(const std::string& file, const std::vector<ConfigLine>& lines) : file_(file), lines_(lines) {}
  BrokerConfig judge();

 private:
  const ConfigLine* last(std::string_view key) const;
  void find(const ConfigLine* line, bool error, std::string what, std::string remedy);
  void plugin();
  void switches();
  void queues();
  void sizes();

  const std::string& file_;
  const std::vector<ConfigLine>& lines_;
  BrokerConfig result_;
};

/// Of a setting that stands more than once the last counts.
const ConfigLine* Judge::last(std::string_view key) const {
  const auto found =
      std::find_if(lines_.rbegin(), lines_.rend(), [&](const auto& line) { return line.key == key; });
  return found == lines_.rend() ? nullptr : &*found;
}

void Judge::find(const ConfigLine* line, bool error, std::string what, std::string remedy) {
  Problem problem{line == nullptr ? file_ : line->file,
                  line == nullptr ? "" : "line " + std::to_string(line->number), std::move(what),
                  std::move(remedy)};
  result_.findings.push_back({std::move(problem), error});
}

/// An option belongs to the plugin named last above it.
void Judge::plugin() {
  std::vector<std::pair<std::string, std::string>> given;
  bool ours = false;
  for (const auto& line : lines_) {
    if (line.key == "plugin" || line.key == "auth_plugin" || line.key == "global_plugin") {
      ours = line.value.ends_with("mosquitto_sync.so");
      if (ours && !result_.plugin_file.empty())
        find(&line, true, "the plugin is loaded twice", "remove one of the lines");
      if (ours) result_.plugin_file = line.value;
    }
    for (const std::string_view prefix : {"plugin_opt_", "auth_opt_"}) {
      if (ours && line.key.starts_with(prefix))
        given.emplace_back(line.key.substr(prefix.size()), line.value);
    }
  }
  if (result_.plugin_file.empty())
    return find(nullptr, true, "no line loads the plugin", "add: plugin /usr/lib/…/mosquitto_sync.so");
  auto [options, problems] = Options::parse(given);
  result_.options = std::move(options);
  for (auto& problem : problems) {
    const ConfigLine* line = last(problem.place);
    problem.file = line == nullptr ? file_ : line->file;
    if (line != nullptr) problem.place = "line " + std::to_string(line->number) + ", " + problem.place;
    result_.findings.push_back({std::move(problem), true});
  }
}

void Judge::switches() {
  if (const auto* line = last("per_listener_settings"); line != nullptr && line->value == "true")
    find(line, true,
         "with per_listener_settings true Mosquitto never tells the plugin the time: no token would end",
         "set it to false, or remove the line");
  if (const auto* line = last("allow_anonymous"); line != nullptr && line->value == "true")
    find(line, last("acl_file") == nullptr, "with allow_anonymous true clients without a token get in",
         last("acl_file") == nullptr ? "set it to false, or say in an acl_file what they may"
                                     : "see that your acl_file says what they may");
  if (const auto* line = last("retain_available"); line != nullptr && line->value == "false")
    find(line, true, "without retained messages new subscribers do not learn where a scope is",
         "remove the line");
  if (const auto* line = last("max_qos"); line != nullptr && line->value == "0")
    find(line, true, "QoS 1 is needed: without it writes get lost unnoticed", "remove the line");
  if (const auto* line = last("persistence"); line == nullptr || line->value != "true")
    find(line, false,
         "without persistence a restart of the broker forgets every session: all clients ask anew",
         "set: persistence true");
  if (const auto* line = last("user"); line != nullptr) result_.user = line->value;
}

void Judge::queues() {
  const std::string queued = "max_queued_messages";
  const std::string consequence =
      ": the broker drops what goes beyond, at any QoS, and tells nobody; clients notice and ask again";
  if (const auto* line = last(queued); line == nullptr)
    find(nullptr, false, queued + " is 1000 by default" + consequence, "set: " + queued + " 100000");
  else if (line->value == "0")
    find(line, false,
         queued +
             " 0 means no limit: one phone that stays away fills the memory, and several 2.0 "
             "releases get it wrong",
         "set: " + queued + " 100000");
  else if (number_of(line->value).value_or(0) < 10'000)
    find(line, false, queued + " " + line->value + " is little" + consequence, "set: " + queued + " 100000");

  const std::string inflight = "max_inflight_messages";
  const auto* line = last(inflight);
  const auto value = line == nullptr ? std::optional<std::uint64_t>(20) : number_of(line->value);
  if (value && *value != 0 && *value < limits::publish_window)
    find(line, false,
         inflight + " is " + std::to_string(*value) + (line == nullptr ? " by default" : "") +
             ": the bridge could keep " + std::to_string(limits::publish_window) +
             " publishes under way, and is slower",
         "set: " + inflight + " 1000");
}

void Judge::sizes() {
  // A message that is somewhat too large shall get its notice, not a broken connection.
  const std::size_t needed = result_.options.max_payload_bytes + 4096;
  for (const char* key : {"max_packet_size", "message_size_limit"}) {
    const auto* line = last(key);
    if (line == nullptr) continue;
    const auto value = number_of(line->value);
    if (value && *value != 0 && *value < needed)
      find(line, true,
           std::string(key) + " " + line->value +
               " is below max_payload_bytes and its envelope: Mosquitto "
               "cuts the connection of who sends what is allowed",
           "set it to " + std::to_string(2 * 1024 * 1024) + ", or remove the line");
  }
}

BrokerConfig Judge::judge() {
  plugin();
  switches();
  queues();
  sizes();
  return std::move(result_);
}

}  // namespace

std::vector<ConfigLine> parse_broker_config(const std::string& file, std::string_view text) {
  std::vector<ConfigLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t key_end = std::min(line.find_first_of(blanks), line.size());
    lines.push_back(
        {file, number, std::string(line.substr(0, key_end)), std::string(trimmed(line.substr(key_end)))});
  }
  return lines;
}

BrokerConfig judge_broker_config(const std::string& file, const std::vector<ConfigLine>& lines) {
  return Judge(file, lines).judge();
}

std::string to_string(const Finding& finding) {
  return (finding.error ? "error: " : "warning: ") + to_string(finding.problem);
}

}  // namespace msync
