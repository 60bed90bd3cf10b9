// mosquitto-sync backup: a copy of a store, beside a running bridge.
#include <sysexits.h>

#include <iostream>
#include <memory>
#include <optional>

#include "bridge/store/backup.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/store_task.h"
#include "cli/sync_client.h"

namespace msync {
namespace {

struct BackupArguments {
  std::string store;
  std::string target;
};

struct Interrupted {};

int run(const BackupArguments& arguments) {
  catch_interrupts();
  std::optional<Progress> shown;
  const auto progress = [&](int done, int total) {
    if (interrupted()) throw Interrupted{};
    if (!shown) shown.emplace("pages", static_cast<std::uint64_t>(total), steady_time_ms());
    shown->update(static_cast<std::uint64_t>(done), steady_time_ms());
  };
  try {
    backup_store(arguments.store, address_of_file(arguments.target), progress);
  } catch (const Interrupted&) {
    return exit_interrupted;
  }
  shown.reset();
  std::cout << arguments.target << " is a backup of " << arguments.store << "\n";
  return EX_OK;
}

}  // namespace

Command add_backup_command(CLI::App& app) {
  auto arguments = std::make_shared<BackupArguments>();
  CLI::App* command = app.add_subcommand(
      "backup",
      "Copy a store into a new file, as it is at this moment. The bridge may be running and is not held up.\n"
      "`restore` makes a store of the file again; do not put it in place by hand.");
  add_option(*command, "--store", arguments->store, "sqlite:FILE")->required();
  command->add_option("target", arguments->target, "the file to write; an existing one is refused")
      ->required();
  return {command, [arguments] { return run_store_task(arguments->store, [&] { return run(*arguments); }); }};
}

}  // namespace msync
