// Logs: one line an event to stderr, key=value or JSON. Never a token, a secret or a document's content.
#pragma once

#include <string>

#include "core/result.h"

namespace msync {

struct LogOptions {
  std::string level = "info";   // trace, debug, info, warn, error
  std::string format = "text";  // or json
};

/// Sets the process's log up; spdlog's default logger from then on. Code::bad_config for an unknown word.
Result<bool> set_up_log(const LogOptions& options);

}  // namespace msync
