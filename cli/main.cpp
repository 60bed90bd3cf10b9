// mosquitto-sync: the command line.
#include <sysexits.h>

#include <exception>
#include <vector>

#include "cli/commands.h"
#include "platform/proxies.h"

namespace {

int run_command(const std::vector<msync::Command>& commands) {
  for (const auto& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return msync::complain(EX_USAGE, "name a command; see --help");
}

}  // namespace

int main(int argc, char** argv) {
  msync::keep_proxies_from_mqtt();
  CLI::App app(
      "mosquitto-sync turns Mosquitto into a sync server: clients keep a copy of their data, work offline,\n"
      "and get the changes they missed. Its documentation is in docs/; start with docs/operations.md.");
  app.name("mosquitto-sync");
  app.set_version_flag("--version", "mosquitto-sync " MSYNC_VERSION);
  app.require_subcommand(0, 1);
  app.footer(
      "`mosquitto-sync COMMAND --help` says more. Every option can also stand in the environment: "
      "MSYNC_BROKER\n"
      "for --broker. Exit codes: 0, 64 wrong usage, 65 bad data, 69 not available, 77 no permission,\n"
      "78 bad configuration, 70 a failure of this program.");
  try {
    const std::vector<msync::Command> commands{
        msync::add_bridge_command(app),    msync::add_token_command(app),   msync::add_check_command(app),
        msync::add_import_command(app),    msync::add_export_command(app),  msync::add_watch_command(app),
        msync::add_backup_command(app),    msync::add_restore_command(app), msync::add_verify_command(app),
        msync::add_conflicts_command(app), msync::add_revoke_command(app),  msync::add_status_command(app)};
    app.parse(argc, argv);
    return run_command(commands);
  } catch (const CLI::Success& help) {  // --help, --version
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();
    if (what.starts_with(": ")) what.erase(0, 2);
    return msync::complain(EX_USAGE, what + " (see --help)");  // CLI11's own codes are above 100
  } catch (const std::exception& error) {
    return msync::complain(EX_SOFTWARE, error.what());
  }
}
