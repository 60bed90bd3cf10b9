#include "cli/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>

namespace msync {
namespace {

std::string place_of(const toml::source_region& source) {
  return "line " + std::to_string(source.begin.line) + ", column " + std::to_string(source.begin.column);
}

/// Every option that the file may hold; not --help, nor the file itself.
std::vector<CLI::Option*> settable(CLI::App& command) {
  return command.get_options([](const CLI::Option* option) {
    const auto& names = option->get_lnames();
    return !names.empty() && names.front() != "help" && names.front() != "config";
  });
}

std::string names_of(CLI::App& command) {
  std::string names;
  for (const auto* option : settable(command)) {
    if (option->get_group().empty()) continue;  // not in this version
    std::string name = option->get_lnames().front();
    std::replace(name.begin(), name.end(), '-', '_');
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

CLI::Option* find(CLI::App& command, std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  for (auto* option : settable(command)) {
    if (option->get_lnames().front() == key) return option;
  }
  return nullptr;
}

/// What a flag is set to, in the words of the command line.
std::optional<std::string> flag_value(const toml::node& node) {
  const auto value = node.value_exact<bool>();
  return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
}

}  // namespace

std::vector<Problem> apply_config(CLI::App& command, const std::string& file, const std::string& text) {
  std::vector<Problem> problems;
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return {{file, place_of(error.source()), std::string(error.description()), "the file must be TOML 1.0"}};
  }
  for (auto&& [key, node] : table) {
    const std::string name(key.str());
    const std::string place = place_of(key.source());
    CLI::Option* option = find(command, name);
    const bool flag = option != nullptr && option->get_items_expected_max() == 0;
    const auto value = flag ? flag_value(node) : node.value<std::string>();
    if (option == nullptr) {
      problems.push_back({file, place, "unknown key '" + name + "'", "known are: " + names_of(command)});
    } else if (flag && !value) {
      problems.push_back({file, place, "'" + name + "' is neither true nor false",
                          "write " + name + " = true, or leave it out"});
    } else if (!flag && !node.is_string()) {
      problems.push_back({file, place, "'" + name + "' is no string", "write " + name + " = \"…\""});
    } else if (option->count() == 0) {
      try {
        option->add_result(*value);
        option->run_callback();
      } catch (const CLI::ParseError& error) {
        problems.push_back(
            {file, place, error.what(), "see mosquitto-sync " + command.get_name() + " --help"});
      }
    }
  }
  return problems;
}

}  // namespace msync
