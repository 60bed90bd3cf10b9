#include "bridge/history_record.h"

namespace msync {
namespace {

std::optional<std::string> document(const Entity& entity) {
  return entity.deleted ? std::nullopt : std::optional(to_text(entity.data));
}

}  // namespace

const char* op_name(Op op) {
  switch (op) {
    case Op::put:
      return "put";
    case Op::patch:
      return "patch";
    case Op::remove:
      return "delete";
    case Op::noop:
      break;
  }
  return "noop";
}

HistoryRecord history_record(const Operation& operation, const Writer& writer,
                             const std::optional<Entity>& before, const Entity& after, std::int64_t at_ms) {
  HistoryRecord record;
  record.seq = after.seq;
  record.id = operation.id;
  record.version = after.version;
  record.op = op_name(operation.op);
  record.at_ms = at_ms;
  record.ts = operation.ts.value_or(writer.at_ms);
  record.user = writer.user;
  record.src = writer.src;
  record.n = writer.src.empty() ? 0 : writer.n;
  if (before) record.before = document(*before);
  record.after = document(after);
  return record;
}

}  // namespace msync
