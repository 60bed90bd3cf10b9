#include "client/cpp/core/server.h"

#include "core/message.h"
#include "core/message_fields.h"

namespace msync::client {
namespace {

void read_limit(Fields& fields, const char* name, std::uint64_t least, std::uint64_t& limit) {
  limit = fields.number(name);
  if (limit < least) fields.fail(name, "is too small");
}

ServerLimits read_limits(Fields& outer) {
  ServerLimits limits;
  const Json* value = outer.object("limits");
  if (value == nullptr) return limits;
  Fields fields(*value, "limits");
  read_limit(fields, "max_payload_bytes", 1024, limits.max_payload_bytes);
  read_limit(fields, "max_mutations", 1, limits.max_mutations);
  read_limit(fields, "max_operations", 1, limits.max_operations);
  read_limit(fields, "max_depth", 1, limits.max_depth);
  read_limit(fields, "max_unacked", 1, limits.max_unacked);
  outer.adopt(fields);
  return limits;
}

}  // namespace

Result<Announcement> decode_announcement(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Announcement said;
  said.protocol = fields.number("protocol");
  if (!fields.fault() && said.protocol == protocol_version) {
    const std::string state = fields.text("state");
    if (state != "online" && state != "offline") fields.fail("state", "is neither online nor offline");
    said.online = state == "online";
    said.epoch = fields.epoch();
    said.limits = read_limits(fields);
  }
  if (fields.fault()) return *fields.fault();
  return said;
}

}  // namespace msync::client
