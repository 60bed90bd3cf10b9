#include "bridge/webhooks/webhook_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "bridge/http_client.h"
#include "bridge/webhooks/signature.h"
#include "platform/files.h"

namespace msync {
namespace {

constexpr std::size_t file_bytes = 1024 * 1024;
constexpr std::size_t name_bytes = 64;
constexpr std::int64_t least_ms = 1'000;  // of a timeout or a wait
constexpr std::int64_t longest_timeout_ms = 60'000;
constexpr std::int64_t longest_wait_ms = 86'400'000;
constexpr std::array known = {"name",         "url",  "ca_file", "collections", "secret_file",
                              "offline_only", "from", "wait",    "timeout",     "connections"};

using ReadKey = std::function<Result<std::string>(const std::string&)>;

std::string place_of(const toml::source_region& source) {
  return "line " + std::to_string(source.begin.line) + ", column " + std::to_string(source.begin.column);
}

std::string known_keys() {
  std::string all;
  for (const char* key : known) all += (all.empty() ? "" : ", ") + std::string(key);
  return all;
}

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= name_bytes && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// One [[webhook]] on its way to a WebhookConfig.
class Table {
 public:
  Table(const toml::table& table, const std::string& file, std::vector<Problem>& problems)
      : table_(table), file_(file), problems_(problems) {}

  WebhookConfig read(const Collections& collections, const ReadKey& read_key);

 private:
  void complain(const toml::node& at, const std::string& what, const std::string& remedy) {
    problems_.push_back({file_, place_of(at.source()), what, remedy});
  }
  void refuse_unknown() {
    for (auto&& [key, node] : table_)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        problems_.push_back({file_, place_of(key.source()), "unknown key '" + std::string(key.str()) + "'",
                             "known are: " + known_keys()});
  }
  std::string text(const char* key, bool required);
  bool flag(const char* key);
  std::vector<std::string> texts(const char* key);
  std::int64_t duration(const char* key, std::int64_t otherwise_ms, std::int64_t longest_ms);
  void read_names(WebhookConfig& config, const Collections& collections);
  void read_keys(WebhookConfig& config, const ReadKey& read_key);
  void read_rest(WebhookConfig& config);

  const toml::table& table_;
  const std::string& file_;
  std::vector<Problem>& problems_;
};

std::string Table::text(const char* key, bool required) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    if (required)
      complain(table_, std::string("a webhook without ") + key, std::string("add ") + key + " = \"…\"");
    return "";
  }
  if (!node->is_string())
    complain(*node, std::string("'") + key + "' is no string", std::string("write ") + key + " = \"…\"");
  return node->value<std::string>().value_or("");
}

bool Table::flag(const char* key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return false;
  if (!node->is_boolean())
    complain(*node, std::string("'") + key + "' is neither true nor false",
             std::string("write ") + key + " = true, or leave it out");
  return node->value<bool>().value_or(false);
}

/// A string, or a list of strings.
std::vector<std::string> Table::texts(const char* key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  if (const auto one = node->value<std::string>()) return {*one};
  std::vector<std::string> all;
  const toml::array* list = node->as_array();
  if (list != nullptr)
    for (auto&& element : *list)
      if (const auto one = element.value<std::string>()) all.push_back(*one);
  if (list == nullptr || all.size() != list->size() || all.empty())
    complain(*node, std::string("'") + key + "' is no list of strings",
             std::string("write ") + key + " = [\"…\"], or leave it out");
  return all;
}

std::int64_t Table::duration(const char* key, std::int64_t otherwise_ms, std::int64_t longest_ms) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return otherwise_ms;
  const auto duration_ms = parse_duration_ms(node->value<std::string>().value_or(""));
  if (duration_ms && *duration_ms >= least_ms && *duration_ms <= longest_ms) return *duration_ms;
  complain(*node,
           std::string("'") + key + "' is no duration from 1s to " + std::to_string(longest_ms / 1000) + "s",
           std::string("write ") + key + " = \"30s\"");
  return otherwise_ms;
}

void Table::read_names(WebhookConfig& config, const Collections& collections) {
  config.name = text("name", true);
  if (const auto* node = table_.get("name"); node != nullptr && !valid_name(config.name))
    complain(*node, "the name is not 1 to 64 of a-z, 0-9, - and _", "the store keeps its cursor under it");
  config.url = text("url", true);
  if (const auto* node = table_.get("url"); node != nullptr && !is_http_url(config.url))
    complain(*node, "the url is not http://HOST… or https://HOST… without user name and blanks",
             "give its address; who it is from, the signature says");
  config.collections = texts("collections");
  for (const std::string& name : config.collections)
    if (collections.find(name) == nullptr)
      complain(*table_.get("collections"), "there is no collection '" + name + "'",
               "name files of the schemas' folder, without .json");
}

void Table::read_keys(WebhookConfig& config, const ReadKey& read_key) {
  const toml::node* node = table_.get("secret_file");
  if (node == nullptr)
    return complain(table_, "a webhook without secret_file",
                    "receivers must be able to tell: (umask 077; openssl rand -hex 32 > FILE)");
  for (const std::string& file : texts("secret_file")) {
    const auto bytes = read_key(file);
    auto key = bytes ? parse_webhook_key(*bytes) : Result<std::string>(bytes.error());
    if (key) {
      config.keys.push_back(std::move(*key));
    } else {
      complain(*node, (bytes ? file + ": " : "") + key.error().message,
               "(umask 077; openssl rand -hex 32 > FILE)");
    }
  }
}

void Table::read_rest(WebhookConfig& config) {
  config.ca_file = text("ca_file", false);
  config.offline_only = flag("offline_only");
  const std::string from = text("from", false);
  config.from_start = from == "start";
  if (const auto* node = table_.get("from"); node != nullptr && from != "start" && from != "now")
    complain(*node, "'from' is neither \"now\" nor \"start\"",
             "leave it out to begin with what changes from now on");
  config.timeout_ms = duration("timeout", config.timeout_ms, longest_timeout_ms);
  config.wait_ms = duration("wait", config.wait_ms, longest_wait_ms);
  if (const auto* node = table_.get("wait"); node != nullptr && !config.offline_only)
    complain(*node, "'wait' belongs to offline_only = true", "leave it out: deltas are sent at once");
  const toml::node* node = table_.get("connections");
  if (node == nullptr) return;
  const std::int64_t count = node->value<std::int64_t>().value_or(0);
  if (count < 1 || count > static_cast<std::int64_t>(limits::webhook_connections_max))
    return complain(*node, "'connections' is no number from 1 to 16", "leave it out for 4");
  config.connections = static_cast<std::size_t>(count);
}

WebhookConfig Table::read(const Collections& collections, const ReadKey& read_key) {
  WebhookConfig config;
  refuse_unknown();
  read_names(config, collections);
  read_keys(config, read_key);
  read_rest(config);
  return config;
}

void read_tables(const toml::array& tables, const std::string& file, const Collections& collections,
                 const ReadKey& read_key, LoadedWebhooks& loaded) {
  for (auto&& element : tables) {
    const toml::table& table = *element.as_table();
    WebhookConfig config = Table(table, file, loaded.problems).read(collections, read_key);
    const auto same = [&](const WebhookConfig& other) { return other.name == config.name; };
    if (std::any_of(loaded.webhooks.begin(), loaded.webhooks.end(), same))
      loaded.problems.push_back({file, place_of(table.source()), "a second webhook '" + config.name + "'",
                                 "give each a name of its own"});
    loaded.webhooks.push_back(std::move(config));
  }
  if (tables.size() > limits::webhooks)
    loaded.problems.push_back({file, "", std::to_string(tables.size()) + " webhooks",
                               "at most " + std::to_string(limits::webhooks) + "; let one receiver pass on"});
}

}  // namespace

LoadedWebhooks parse_webhooks(const std::string& file, const std::string& text,
                              const Collections& collections, const ReadKey& read_key) {
  LoadedWebhooks loaded;
  try {
    const toml::table all = toml::parse(text, file);
    for (auto&& [key, node] : all) {
      const toml::array* tables = key.str() == "webhook" ? node.as_array() : nullptr;
      if (tables == nullptr || !tables->is_array_of_tables())
        loaded.problems.push_back({file, place_of(node.source()),
                                   "'" + std::string(key.str()) + "' is no webhook",
                                   "begin each with a line [[webhook]]"});
      else
        read_tables(*tables, file, collections, read_key, loaded);
    }
  } catch (const toml::parse_error& error) {
    loaded.problems = {
        {file, place_of(error.source()), std::string(error.description()), "the file must be TOML 1.0"}};
  }
  return loaded;
}

LoadedWebhooks load_webhooks(const std::string& file, const Collections& collections) {
  const auto text = read_file(file, file_bytes);
  if (!text) return {{}, {{file, "", text.error().message, "see docs/webhooks.md"}}};
  return parse_webhooks(file, *text, collections, [](const std::string& path) { return read_secret(path); });
}

}  // namespace msync
