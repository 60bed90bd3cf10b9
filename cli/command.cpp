#include "cli/command.h"

#include <sysexits.h>

#include <cctype>
#include <iostream>

namespace msync {

int complain(int exit_code, const std::string& message) {
  std::cerr << "mosquitto-sync: " << message << "\n";
  return exit_code;
}

std::string environment_name(const std::string& option) {
  std::string name = "MSYNC_";
  for (const char c : option)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

void add_not_yet(CLI::App& app, const std::string& name) {
  app.add_option("--" + name, "not in this version")
      ->envname(environment_name(name))
      ->group("")  // not shown in the help
      ->check([name](const std::string&) { return "--" + name + " is not in this version; leave it out"; });
}

int refuse_other_stores(const std::string& store) {
  if (store.starts_with("sqlite:") && store.size() > 7) return 0;
  if (store.starts_with("postgresql:"))
    return complain(EX_USAGE, "--store: PostgreSQL is not in this version; use sqlite:FILE");
  return complain(EX_USAGE, "--store must be sqlite:FILE, such as sqlite:/var/lib/mosquitto-sync/sync.db");
}

}  // namespace msync
