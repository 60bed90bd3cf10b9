// T/log and sync/<client>/delta/T, as they are read by clients.
#include "core/compression.h"
#include "core/delta_scan.h"
#include "core/message.h"
#include "core/message_parts.h"

namespace msync {
namespace {

std::string document(Fields& fields, const char* name) {
  const Json* value = fields.object(name);
  return value == nullptr ? std::string() : to_text(*value);
}

/// Exactly one of deleted, patch (with base) and data.
void read_content(Fields& fields, Change& change) {
  change.deleted = fields.flag("deleted");
  const int kinds = int{change.deleted} + int{fields.has("patch")} + int{fields.has("data")};
  if (kinds != 1) fields.fail("", "has not exactly one of data, patch and deleted");
  if (fields.has("patch")) {
    change.base = fields.number("base");
    change.patch = document(fields, "patch");
  }
  if (fields.has("data")) change.data = document(fields, "data");
}

Change read_change(Fields& fields) {
  Change change;
  change.id = fields.text("id");
  change.seq = fields.number("seq");
  change.version = fields.number("version");
  change.ts = static_cast<std::int64_t>(fields.number("ts"));
  change.by = fields.text("by");
  change.src = fields.maybe_src();
  change.n = fields.number_or("n", 0);
  read_content(fields, change);
  return change;
}

std::vector<Change> read_changes(Fields& outer) {
  std::vector<Change> changes;
  const Json* list = outer.array("changes");
  if (list == nullptr) return changes;
  changes.reserve(list->size());
  for (const Json& value : *list) {
    Fields fields(value, "changes/" + std::to_string(changes.size()));
    changes.push_back(read_change(fields));
    outer.adopt(fields);
  }
  return changes;
}

void read_place(Fields& fields, Delta& delta) {
  delta.epoch = fields.epoch();
  delta.scope = fields.text("scope");
  delta.from = fields.number("from");
  delta.to = fields.number("to");
  delta.head = fields.number("head");
  delta.now = static_cast<std::int64_t>(fields.number("now"));
  delta.count = fields.maybe_number("count");
  delta.digest = fields.maybe_text("digest");
  if (fields.has("digest") && !valid_digest(delta.digest)) fields.fail("digest", "is not 16 hex digits");
}

}  // namespace

Result<Delta> decode_delta(std::string_view payload) {
  const auto unpacked = unpack(payload);
  if (!unpacked) return unpacked.error();
  if (auto delta = scan_delta(*unpacked)) return *std::move(delta);
  const auto body = parse_envelope(*unpacked);
  if (!body) return body.error();
  Fields fields(*body);
  Delta delta;
  delta.rid = fields.maybe_text("rid");
  delta.last = fields.flag("last");
  delta.reset = fields.flag("reset");
  delta.snap = fields.number_or("snap", 0);
  read_place(fields, delta);
  delta.n = fields.maybe_number("n");
  if (delta.n) delta.outcomes = read_results(fields, "outcomes");
  delta.changes = read_changes(fields);
  if (const char* what = disorder(delta)) fields.fail("", what);
  if (fields.fault()) return *fields.fault();
  return delta;
}

}  // namespace msync
