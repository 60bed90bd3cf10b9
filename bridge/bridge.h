// The bridge as a process: from options to an exit code.
#pragma once

#include "bridge/options.h"

namespace msync {

/// Runs until SIGTERM or SIGINT; SIGHUP reloads the schemas. Call it from main's thread before any other thread
/// exists: it blocks these signals for all. Returns 0 after a clean end, else a code of sysexits, after one line
/// on stderr per problem: 78 for a mistake in schemas, secrets or options and for schemas that stored documents do not fit, 69 for a store that is in use or
/// cannot be written, 65 for one that is damaged, 70 for a failure while running.
int run_bridge(const BridgeOptions& options);

}  // namespace msync
