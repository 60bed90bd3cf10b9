// What the subcommands of `mosquitto-sync` have in common: how they are added, how they fail, where an option's
// value comes from (the command line, else the environment, else for `bridge` the configuration file).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace msync {

/// A subcommand. `run` is called when it was named and its options were read; it returns the exit code.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

/// Exit codes beside those of sysexits: ended by Ctrl-C, as shells report it.
inline constexpr int exit_interrupted = 130;

/// "mosquitto-sync: …" on stderr. Returns `exit_code`, so that a command can return complain(…).
int complain(int exit_code, const std::string& message);

/// An option whose value, where the command line gives none, is that of the environment's variable of the same
/// name: --token-file and MSYNC_TOKEN_FILE. `names` as CLI11 takes them.
template <class T>
CLI::Option* add_option(CLI::App& app, const std::string& names, T& value, const std::string& help);

/// MSYNC_TOKEN_FILE for --token-file.
std::string environment_name(const std::string& option);

/// Adds an option that a later version will have. Naming it in any way is refused: ignoring it would be worse.
void add_not_yet(CLI::App& app, const std::string& name);

/// Code EX_USAGE and a complaint where a store's address names what this version does not have; else 0.
int refuse_other_stores(const std::string& store);

template <class T>
CLI::Option* add_option(CLI::App& app, const std::string& names, T& value, const std::string& help) {
  CLI::Option* option = app.add_option(names, value, help);
  if (!option->get_lnames().empty()) option->envname(environment_name(option->get_lnames().front()));
  return option;
}

}  // namespace msync
