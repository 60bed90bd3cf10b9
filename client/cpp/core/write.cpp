#include "client/cpp/core/write.h"

#include "core/message_fields.h"
#include "core/message_text.h"

namespace msync::client {
namespace {

constexpr std::pair<std::string_view, Op> kOps[] = {
    {"put", Op::put}, {"patch", Op::patch}, {"delete", Op::remove}, {"noop", Op::noop}};

std::string_view name_of(Op op) {
  for (const auto& [name, known] : kOps) {
    if (known == op) return name;
  }
  return "";
}

void write_op(std::string& out, const WriteOp& op) {
  ObjectText object(out);
  object.text("op", name_of(op.op));
  if (op.op != Op::noop) {
    object.text("id", op.id);
    if (op.base) object.number("base", *op.base);
    if (op.ts != 0) object.number("ts", op.ts);
    if (op.data) object.raw("data", *op.data);
  }
  object.close();
}

void write_fault(std::string& out, const Fault& fault) {
  ObjectText object(out);
  object.text("code", fault.code);
  object.text("message", fault.message);
  if (!fault.path.empty()) object.text("path", fault.path);
  object.close();
}

void write_done(std::string& out, const Done& done) {
  ObjectText object(out);
  object.number("until", done.until);
  object.number("at", done.at);
  if (done.result) object.raw("result", done.result->json);
  ObjectText versions(object.open("versions"));
  for (const auto& [id, version] : done.versions) {
    out += out.back() == '{' ? "" : ",";
    out += json_quoted(id) + ':' + std::to_string(version);
  }
  versions.close();
  object.close();
}

WriteOp read_op(Fields& fields) {
  WriteOp op;
  const std::string name = fields.text("op");
  bool known = false;
  for (const auto& [each, value] : kOps) {
    if (each == name) op.op = value, known = true;
  }
  if (!known) fields.fail("op", "is unknown");
  if (op.op == Op::noop) return op;
  op.id = fields.text("id");
  op.base = fields.maybe_number("base");
  op.ts = static_cast<std::int64_t>(fields.number_or("ts", 0));
  if (op.op == Op::remove) return op;
  if (const Json* data = fields.object("data")) op.data = make_text(to_text(*data));
  return op;
}

std::vector<WriteOp> read_ops(Fields& outer, const char* name) {
  std::vector<WriteOp> ops;
  const Json* list = outer.array(name);
  if (list == nullptr) return ops;
  for (const Json& value : *list) {
    Fields fields(value, name);
    ops.push_back(read_op(fields));
    outer.adopt(fields);
  }
  if (ops.empty()) outer.fail(name, "is empty");
  return ops;
}

/// Times may lie before 1970: clocks can be wrong.
std::int64_t read_time(const Json& value, const char* name) {
  const auto member = value.find(name);
  return member != value.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
}

Done read_done(const Json& value, Fields& outer) {
  Fields fields(value, "done");
  Done done;
  done.until = fields.number("until");
  done.at = read_time(value, "at");
  if (const Json* result = fields.maybe_object("result")) {
    if (const auto read = decode_result(to_text(*result))) done.result = make_outcome(*read);
  }
  if (const Json* versions = fields.maybe_object("versions")) {
    for (const auto& [id, version] : versions->items()) {
      if (version.is_number_unsigned()) done.versions[id] = version.get<std::uint64_t>();
    }
  }
  outer.adopt(fields);
  return done;
}

}  // namespace

Text make_text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

Outcome make_outcome(const MutationResult& result) {
  Outcome outcome{result.n, result.status, msync::encode(result), {}, 0, {}};
  if (result.standing) {
    outcome.id = result.standing->id;
    outcome.version = result.standing->version;
  }
  if (result.error)
    outcome.error = {to_string(result.error->code), result.error->message, result.error->path};
  return outcome;
}

Outcome make_outcome(std::uint64_t n, Status status) {
  return make_outcome(MutationResult{n, status, {}, {}, {}, {}, false});
}

Outcome make_refusal(std::uint64_t n, const Fault& error) {
  Outcome outcome{n, Status::rejected, {}, {}, 0, error};
  ObjectText object(outcome.json);
  object.number("n", n);
  object.text("status", to_string(Status::rejected));
  write_fault(object.open("error"), error);
  object.close();
  return outcome;
}

std::string operations_text(const std::vector<WriteOp>& ops) {
  std::string out;
  write_array(out, ops, [&out](const WriteOp& op) { write_op(out, op); });
  return out;
}

std::string mutation_text(const Entry& entry) {
  if (entry.group) return operations_text(entry.ops);
  std::string out;
  write_op(out, entry.ops.front());
  return out;
}

std::string encode(const Problem& problem) {
  std::string out;
  ObjectText object(out);
  object.text("key", problem.key);
  object.text("scope", problem.scope);
  object.text("status", problem.status);
  object.number("at", problem.at);
  if (problem.group) object.flag("group");
  object.raw("meant", operations_text(problem.meant));
  write_fault(object.open("error"), problem.error);
  object.close();
  return out;
}

std::string encode(const Entry& entry) {
  std::string out;
  ObjectText object(out);
  object.number("order", entry.order);
  object.text("key", entry.key);
  object.number("at", entry.at);
  if (entry.group) object.flag("group");
  object.raw("ops", operations_text(entry.ops));
  object.number("n", entry.n);
  if (entry.done) write_done(object.open("done"), *entry.done);
  object.close();
  return out;
}

Result<Entry> decode_entry(std::string_view text) {
  const auto body = parse_envelope(text);
  if (!body) return body.error();
  Fields fields(*body);
  Entry entry;
  entry.order = read_time(*body, "order");
  entry.key = fields.text("key");
  entry.at = read_time(*body, "at");
  entry.group = fields.flag("group");
  entry.ops = read_ops(fields, "ops");
  entry.n = fields.number("n");
  if (const Json* done = fields.maybe_object("done")) entry.done = read_done(*done, fields);
  if (fields.fault()) return *fields.fault();
  return entry;
}

Result<Problem> decode_problem(std::string_view text) {
  const auto body = parse_envelope(text);
  if (!body) return body.error();
  Fields fields(*body);
  Problem problem;
  problem.key = fields.text("key");
  problem.scope = fields.text("scope");
  problem.status = fields.text("status");
  problem.at = read_time(*body, "at");
  problem.group = fields.flag("group");
  problem.meant = read_ops(fields, "meant");
  if (const Json* error = fields.object("error")) {
    Fields inner(*error, "error");
    problem.error = {inner.text("code"), inner.text("message"), inner.maybe_text("path")};
    fields.adopt(inner);
  }
  if (fields.fault()) return *fields.fault();
  return problem;
}

}  // namespace msync::client
