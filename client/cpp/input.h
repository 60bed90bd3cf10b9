// What an app gives the library, checked before it goes into the outbox: the server would refuse it later, when nobody
// looks. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cpp/core/server.h"
#include "client/cpp/core/write.h"

namespace msync::client {

/// Nothing: it worked. Codes: `invalid`, `bad_id`, `too_large`, `storage`, `closed`, `pending`, `wrong_user`, `not_found`,
/// `in_callback`, `busy`.
using Failure = std::optional<Fault>;

/// A document or patch, compact. `invalid`: it is no JSON object, or nested too deeply.
Failure check_document(std::string_view json, const ServerLimits& limits, Text& document);
/// Any JSON.
Failure check_json(std::string_view json, const ServerLimits& limits, std::string& compact);

/// No operations, too many of them, a bad id, or a message that the server would not take.
Failure check_operations(const std::vector<WriteOp>& ops, const ServerLimits& limits);

Failure check_scope(std::string_view scope);

}  // namespace msync::client
