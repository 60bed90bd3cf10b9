// What the commands have in common that work on a store's file and not through a broker.
#pragma once

#include <functional>
#include <string>

namespace msync {

/// Runs `task` if this version has such a store; a store that fails becomes a complaint and an exit code.
int run_store_task(const std::string& store, const std::function<int()>& task);

/// A file as a store's address: `sqlite:` and its absolute path.
std::string address_of_file(const std::string& file);

}  // namespace msync
