#include "bridge/conflict_record.h"

#include "bridge/history_record.h"

namespace msync {
namespace {

void add_document(Json& object, const Json& document) {
  if (const std::size_t bytes = to_text(document).size(); bytes > limits::conflict_document_bytes) {
    object["data_bytes"] = bytes;
  } else {
    object["data"] = document;
  }
}

/// As it was asked, not as it was understood: the clock is not clamped.
Json mine(const Operation& operation) {
  Json object{{"op", op_name(operation.op)}};
  if (operation.base) object["base"] = *operation.base;
  if (operation.ts) object["ts"] = *operation.ts;
  if (operation.op != Op::remove) add_document(object, operation.data);
  return object;
}

/// `by`, `src` and `ts` are those of the last edit: operators are nobody's adversary.
Json theirs(const Entity* current) {
  if (current == nullptr) return nullptr;
  Json object{{"version", current->version}, {"ts", current->ts}, {"by", current->user}};
  if (!current->src.empty()) object["src"] = current->src;
  if (current->deleted) {
    object["deleted"] = true;
  } else {
    add_document(object, current->data);
  }
  return object;
}

const char* winner(const Decision& decision) {
  if (decision.status == Status::merged) return "merged";
  return decision.entity ? "mine" : "theirs";
}

bool follows_itself(const Writer& writer, const Entity* current, const Decision& decision) {
  return current != nullptr && decision.entity && writer.src.empty() && current->src.empty() &&
         writer.user == current->user;
}

}  // namespace

std::optional<ConflictRecord> conflict_record(const Operation& operation, const Writer& writer,
                                              const Entity* current, const Decision& decision,
                                              std::int64_t at_ms) {
  if (!decision.concurrent || follows_itself(writer, current, decision)) return std::nullopt;
  Json body{{"user", writer.user},
            {"status", to_string(decision.status)},
            {"base", operation.base ? Json(*operation.base) : Json()},
            {"mine", mine(operation)},
            {"theirs", theirs(current)},
            {"winner", winner(decision)}};
  if (!writer.src.empty()) {
    body["src"] = writer.src;
    body["n"] = writer.n;
  }
  return ConflictRecord{"", operation.id, at_ms, to_text(body)};
}

}  // namespace msync
