// mosquitto-sync restore: a store from a backup, as a new history that every client notices.
#include <sysexits.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "bridge/store/backup.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/store_task.h"

namespace msync {
namespace {

struct RestoreArguments {
  std::string store;
  std::string backup;
};

int run(const RestoreArguments& arguments) {
  const std::int64_t now_ms = unix_time_ms();
  const auto identity = restore_store(address_of_file(arguments.backup), arguments.store, now_ms);
  std::cout << arguments.store << " is " << arguments.backup << " again, as epoch " << identity.epoch << "\n";
  const std::string kept = kept_beside(arguments.store.substr(arguments.store.find(':') + 1), now_ms);
  if (::access(kept.c_str(), F_OK) == 0) std::cout << "what was there before is kept as " << kept << "\n";
  return EX_OK;
}

}  // namespace

Command add_restore_command(CLI::App& app) {
  auto arguments = std::make_shared<RestoreArguments>();
  CLI::App* command = app.add_subcommand(
      "restore",
      "Replace a store by a backup. The bridge must not be running. The store gets a new epoch: clients "
      "read\n"
      "anew, keep what they have not sent, and say what of theirs the backup does not have.");
  add_option(*command, "--store", arguments->store, "sqlite:FILE; what it holds is kept beside it")
      ->required();
  command->add_option("backup", arguments->backup, "a file that `backup` wrote")->required();
  return {command, [arguments] { return run_store_task(arguments->store, [&] { return run(*arguments); }); }};
}

}  // namespace msync
