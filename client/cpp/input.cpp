#include "client/cpp/input.h"

#include "client/cpp/core/inbound.h"
#include "core/json.h"
#include "core/topic.h"

namespace msync::client {
namespace {

/// The envelope around a document is message, list, group, operation.
constexpr std::uint64_t envelope = 4;

Result<Json> parse(std::string_view json, const ServerLimits& limits) {
  return parse_json(json, limits.max_depth > envelope ? limits.max_depth - envelope : 1);
}

}  // namespace

Failure check_document(std::string_view json, const ServerLimits& limits, Text& document) {
  const auto value = parse(json, limits);
  if (!value) return Fault{"invalid", value.error().message, ""};
  if (!value->is_object()) return Fault{"invalid", "a document is a JSON object", ""};
  document = make_text(to_text(*value));
  return std::nullopt;
}

Failure check_json(std::string_view json, const ServerLimits& limits, std::string& compact) {
  const auto value = parse(json, limits);
  if (!value) return Fault{"invalid", value.error().message, ""};
  compact = to_text(*value);
  return std::nullopt;
}

Failure check_operations(const std::vector<WriteOp>& ops, const ServerLimits& limits) {
  if (ops.empty()) return Fault{"invalid", "a transaction without operations", ""};
  if (ops.size() > limits.max_operations) {
    return Fault{"too_large",
                 "a transaction holds at most " + std::to_string(limits.max_operations) + " operations", ""};
  }
  for (const WriteOp& op : ops) {
    if (!valid_level(op.id)) return Fault{"bad_id", json_quoted(op.id) + " cannot be an id", ""};
  }
  const std::size_t bytes = operations_text(ops).size();
  if (bytes + 1024 <= limits.max_payload_bytes) return std::nullopt;
  return Fault{"too_large",
               std::to_string(bytes) + " bytes; the server takes " +
                   std::to_string(limits.max_payload_bytes) + " in one message",
               ""};
}

Failure check_scope(std::string_view scope) {
  if (valid_scope(scope)) return std::nullopt;
  return Fault{"bad_id", json_quoted(scope) + " cannot be a scope", ""};
}

}  // namespace msync::client
