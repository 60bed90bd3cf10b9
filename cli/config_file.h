// A command's options in a TOML file: `token_file = "/etc/…"` for --token-file.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/collection.h"

namespace msync {

/// Gives each option of `command` that neither the command line nor the environment has set the value that this
/// text (of `file`) holds. Returns every mistake; unknown keys are mistakes, because a misspelt option would
/// otherwise be silently left at its default.
std::vector<Problem> apply_config(CLI::App& command, const std::string& file, const std::string& text);

}  // namespace msync
