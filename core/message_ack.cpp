// sync/<client>/ack/T: what became of a writer's mutations.
#include "core/message.h"
#include "core/message_fields.h"
#include "core/message_parts.h"
#include "core/message_text.h"

namespace msync {
namespace {

constexpr std::pair<std::string_view, Status> kStatuses[] = {
    {"applied", Status::applied},   {"merged", Status::merged},     {"superseded", Status::superseded},
    {"conflict", Status::conflict}, {"rejected", Status::rejected}, {"processed", Status::processed}};

void write_landing(ObjectText& object, const Landing& landing) {
  object.text("id", landing.id);
  object.number("version", landing.version);
  object.number("seq", landing.seq);
}

void write_changes(std::string& out, const std::vector<Landing>& changes) {
  write_array(out, changes, [&out](const Landing& landing) {
    ObjectText object(out);
    write_landing(object, landing);
    object.close();
  });
}

void write_error(std::string& out, const Error& error) {
  ObjectText object(out);
  object.text("code", to_string(error.code));
  object.text("message", error.message);
  // For `invalid` the empty path is a place as well: the whole document.
  if (error.code == Code::invalid || !error.path.empty()) object.text("path", error.path);
  object.close();
}

/// A rejected write does not say what stands: it need not have been looked at.
void write_standing(ObjectText& object, const MutationResult& result) {
  if (!result.standing) return;
  if (result.status == Status::rejected) {
    object.text("id", result.standing->id);
  } else {
    write_landing(object, *result.standing);
  }
}

Landing read_landing(Fields& fields, bool whole) {
  Landing landing;
  landing.id = fields.text("id");
  landing.version = whole ? fields.number("version") : 0;
  landing.seq = whole ? fields.number("seq") : 0;
  return landing;
}

Error read_error(Fields& outer) {
  Error error;
  const Json* value = outer.object("error");
  if (value == nullptr) return error;
  Fields fields(*value, "error");
  const auto code = parse_code(fields.text("code"));
  error.message = fields.text("message");
  error.path = fields.maybe_text("path");
  if (!code) fields.fail("code", "is unknown");
  error.code = code.value_or(Code::malformed);
  outer.adopt(fields);
  return error;
}

std::vector<Landing> read_changes(Fields& outer) {
  std::vector<Landing> changes;
  const Json* list = outer.array("changes");
  if (list == nullptr) return changes;
  for (const Json& value : *list) {
    Fields fields(value, "changes");
    changes.push_back(read_landing(fields, true));
    outer.adopt(fields);
  }
  return changes;
}

}  // namespace

const char* to_string(Status status) {
  for (const auto& [name, known] : kStatuses) {
    if (known == status) return name.data();
  }
  return "";
}

std::optional<Status> parse_status(std::string_view text) {
  for (const auto& [name, status] : kStatuses) {
    if (name == text) return status;
  }
  return std::nullopt;
}

void write_result(std::string& out, const MutationResult& result) {
  ObjectText object(out);
  object.number("n", result.n);
  object.text("status", to_string(result.status));
  if (stored(result.status)) write_changes(object.open("changes"), result.changes);
  if (result.op) object.number("op", *result.op);
  write_standing(object, result);
  if (result.error) write_error(object.open("error"), *result.error);
  if (result.duplicate) object.flag("duplicate");
  object.close();
}

MutationResult read_result(Fields& fields) {
  MutationResult result;
  result.n = fields.number("n");
  const auto status = parse_status(fields.text("status"));
  if (!status) fields.fail("status", "is unknown");
  result.status = status.value_or(Status::processed);
  if (stored(result.status)) result.changes = read_changes(fields);
  if (const auto op = fields.maybe_number("op")) result.op = *op;
  if (fields.has("id")) result.standing = read_landing(fields, result.status != Status::rejected);
  if (fields.has("error") || result.status == Status::rejected) result.error = read_error(fields);
  result.duplicate = fields.flag("duplicate");
  return result;
}

std::vector<MutationResult> read_results(Fields& outer, const char* name) {
  std::vector<MutationResult> results;
  const Json* list = outer.maybe_array(name);
  if (list == nullptr) return results;
  results.reserve(list->size());
  for (const Json& value : *list) {
    Fields fields(value, name);
    results.push_back(read_result(fields));
    outer.adopt(fields);
  }
  return results;
}

std::string encode(const MutationResult& result) {
  std::string out;
  write_result(out, result);
  return out;
}

Result<MutationResult> decode_result(std::string_view text) {
  const auto body = parse_envelope(text);
  if (!body) return body.error();
  Fields fields(*body);
  MutationResult result = read_result(fields);
  if (fields.fault()) return *fields.fault();
  return result;
}

std::string encode(const Ack& ack) {
  std::string out;
  out.reserve(256 + 96 * ack.results.size());
  ObjectText object(out);
  object.text("epoch", ack.epoch);
  object.text("scope", ack.scope);
  object.text("src", ack.src);
  if (!ack.stale) object.number("n", ack.n);
  const bool processed = !ack.stale && !ack.gap;
  if (processed) object.number("head", ack.head);
  object.number("now", ack.now);
  if (ack.stale) object.flag("stale");
  if (ack.gap) object.flag("gap");
  if (processed) {
    write_array(object.open("results"), ack.results,
                [&out](const auto& result) { write_result(out, result); });
  }
  object.close();
  return out;
}

Result<Ack> decode_ack(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Ack ack;
  ack.stale = fields.flag("stale");
  ack.gap = fields.flag("gap");
  const bool processed = !ack.stale && !ack.gap;
  ack.epoch = fields.epoch();
  ack.scope = fields.text("scope");
  ack.src = fields.src();
  ack.n = ack.stale ? 0 : fields.number("n");
  ack.now = static_cast<std::int64_t>(fields.number("now"));
  if (processed) {
    ack.head = fields.number("head");
    fields.array("results");
    ack.results = read_results(fields, "results");
  }
  if (fields.fault()) return *fields.fault();
  return ack;
}

}  // namespace msync
