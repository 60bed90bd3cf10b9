// mosquitto-sync verify: is a store what it should be?
#include <sysexits.h>

#include <iostream>
#include <memory>

#include "bridge/store/verify.h"
#include "cli/commands.h"
#include "cli/store_task.h"
#include "platform/files.h"

namespace msync {
namespace {

struct VerifyArguments {
  std::string store;
  std::string schemas;
};

int run(const VerifyArguments& arguments) {
  Collections::Loaded loaded;
  if (!arguments.schemas.empty()) loaded = load_schemas(arguments.schemas);
  for (const Problem& problem : loaded.problems) complain(EX_CONFIG, to_string(problem));
  if (!loaded.problems.empty()) return EX_CONFIG;
  const Collections* collections = arguments.schemas.empty() ? nullptr : &loaded.collections;
  const Verified done = verify_store(arguments.store, collections,
                                     [](const std::string& finding) { std::cout << finding << "\n"; });
  std::cout << done.scopes << " scopes, " << done.entities << " entities, " << done.findings << " findings\n";
  return done.findings == 0 ? EX_OK : EX_DATAERR;
}

}  // namespace

Command add_verify_command(CLI::App& app) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Check everything that must hold in a store: checksums, numbers, counts, digests, tombstones, "
      "outcomes.\n"
      "A line for each finding, and exit code 65 if there is one. The bridge may be running.");
  add_option(*command, "--store", arguments->store, "sqlite:FILE")->required();
  add_option(*command, "--schemas", arguments->schemas,
             "folder: hold every document against its schema, too");
  return {command, [arguments] { return run_store_task(arguments->store, [&] { return run(*arguments); }); }};
}

}  // namespace msync
