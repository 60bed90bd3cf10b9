// The subcommands of `mosquitto-sync`. docs/operations.md describes each.
#pragma once

#include "cli/command.h"

namespace msync {

Command add_bridge_command(CLI::App& app);
Command add_token_command(CLI::App& app);
Command add_check_command(CLI::App& app);
Command add_import_command(CLI::App& app);
Command add_export_command(CLI::App& app);
Command add_watch_command(CLI::App& app);
Command add_conflicts_command(CLI::App& app);
Command add_backup_command(CLI::App& app);
Command add_restore_command(CLI::App& app);
Command add_verify_command(CLI::App& app);
Command add_revoke_command(CLI::App& app);
Command add_status_command(CLI::App& app);

}  // namespace msync
