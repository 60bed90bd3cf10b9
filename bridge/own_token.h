// The bridge's own token: made from the HS256 secret, or read from a file, anew at every connect.
#pragma once

#include <functional>
#include <string>

#include "bridge/options.h"

namespace msync {

/// What the link asks for its password. Logs and returns an empty token if the file cannot be read: the broker
/// refuses it, and the link tries again.
std::function<std::string()> own_token(const BridgeOptions& options, const std::string& secret);

}  // namespace msync
