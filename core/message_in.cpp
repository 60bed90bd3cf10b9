// T/in: what a writer asks for.
#include "core/message.h"
#include "core/message_fields.h"
#include "core/topic.h"

namespace msync {
namespace {

constexpr std::pair<std::string_view, Op> kOps[] = {
    {"put", Op::put}, {"patch", Op::patch}, {"delete", Op::remove}, {"noop", Op::noop}};

std::optional<Op> parse_op(std::string_view text) {
  for (const auto& [name, op] : kOps) {
    if (name == text) return op;
  }
  return std::nullopt;
}

std::string_view name_of(Op op) {
  for (const auto& [name, known] : kOps) {
    if (known == op) return name;
  }
  return {};
}

/// The first fault stands: it is what the writer is told.
void blame(Operation& operation, Code code, const char* message) {
  if (!operation.fault) operation.fault = Error{code, message};
}

void read_id(const Json& value, Operation& operation) {
  const auto id = value.find("id");
  if (id == value.end() || !id->is_string() || !valid_level(id->get_ref<const std::string&>())) {
    blame(operation, Code::bad_id, "id is missing or cannot be a level of a topic");
    return;
  }
  operation.id = id->get<std::string>();
}

void read_data(Json& value, Operation& operation) {
  const auto data = value.find("data");
  if (data == value.end() || !data->is_object()) {
    blame(operation, Code::invalid, "data is missing or no object");
    return;
  }
  operation.data = std::move(*data);
}

/// What is wrong with the message makes it malformed; what is wrong with the mutation alone becomes its fault.
Result<Operation> read_operation(Json& value, const std::string& place) {
  Fields fields(value, place);
  const std::string name = fields.text("op");
  if (fields.fault()) return *fields.fault();
  Operation operation;
  const auto op = parse_op(name);
  if (!op) blame(operation, Code::unknown_op, "op is none of put, patch, delete, noop");
  if (!op || *op == Op::noop) return operation;
  operation.op = *op;
  operation.base = fields.maybe_number("base");
  if (const auto ts = fields.maybe_number("ts")) operation.ts = static_cast<std::int64_t>(*ts);
  if (fields.fault()) return *fields.fault();
  read_id(value, operation);
  if (*op != Op::remove) read_data(value, operation);
  return operation;
}

Error malformed(const std::string& place, const std::string& what) {
  return {Code::malformed, place + " " + what};
}

Result<Mutation> read_group(Json& values, const std::string& place) {
  if (values.empty() || values.size() > limits::max_operations) {
    return malformed(place, "is no group of 1 to " + std::to_string(limits::max_operations) + " operations");
  }
  Mutation mutation;
  mutation.group = true;
  mutation.operations.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto operation = read_operation(values[i], place + "/" + std::to_string(i));
    if (!operation) return operation.error();
    if (operation->op == Op::noop) blame(*operation, Code::unknown_op, "a noop stands alone");
    mutation.operations.push_back(*std::move(operation));
  }
  return mutation;
}

Result<Mutation> read_mutation(Json& value, const std::string& place) {
  if (value.is_array()) return read_group(value, place);
  auto operation = read_operation(value, place);
  if (!operation) return operation.error();
  Mutation mutation;
  mutation.operations.push_back(*std::move(operation));
  return mutation;
}

/// epoch, src and n: all or none, and numbers for every mutation.
void check_numbering(Fields& fields, const InMessage& message, std::size_t count) {
  const bool all = fields.has("epoch") && fields.has("src") && fields.has("n");
  const bool none = !fields.has("epoch") && !fields.has("src") && !fields.has("n");
  if (!all && !none) fields.fail("", "has some of epoch, src and n, but not all");
  if (all && message.n == 0) fields.fail("n", "is 0; the first number is 1");
  if (message.n > limits::integer_max - (count - 1)) fields.fail("n", "leaves no numbers for all mutations");
}

Json to_json(const Operation& operation) {
  Json value = {{"op", name_of(operation.op)}};
  if (operation.op == Op::noop) return value;
  value["id"] = operation.id;
  if (operation.base) value["base"] = *operation.base;
  if (operation.ts) value["ts"] = *operation.ts;
  if (operation.op != Op::remove) value["data"] = operation.data;
  return value;
}

}  // namespace

Result<InMessage> decode_in(std::string_view payload) {
  auto body = parse_message(payload);
  if (!body) return body.error();
  Fields fields(*body);
  InMessage message;
  message.epoch = fields.maybe_epoch();
  message.src = fields.maybe_src();
  message.n = fields.number_or("n", 0);
  const Json* list = fields.array("mutations");
  if (fields.fault()) return *fields.fault();
  const std::size_t count = list->size();
  if (count == 0 || count > limits::max_mutations) {
    return malformed("mutations", "is no list of 1 to " + std::to_string(limits::max_mutations));
  }
  check_numbering(fields, message, count);
  if (fields.fault()) return *fields.fault();
  message.mutations.reserve(count);
  Json& mutations = (*body)["mutations"];
  for (std::size_t i = 0; i < count; ++i) {
    auto mutation = read_mutation(mutations[i], "mutations/" + std::to_string(i));
    if (!mutation) return mutation.error();
    message.mutations.push_back(*std::move(mutation));
  }
  return message;
}

Json to_json(const InMessage& message) {
  Json value = Json::object();
  if (message.numbered()) {
    value["epoch"] = message.epoch;
    value["src"] = message.src;
    value["n"] = message.n;
  }
  Json& mutations = value["mutations"] = Json::array();
  for (const Mutation& mutation : message.mutations) {
    if (!mutation.group) {
      mutations.push_back(to_json(mutation.operations.front()));
      continue;
    }
    Json group = Json::array();
    for (const Operation& operation : mutation.operations) group.push_back(to_json(operation));
    mutations.push_back(std::move(group));
  }
  return value;
}

std::string encode(const InMessage& message) {
  return to_text(to_json(message));
}

}  // namespace msync
