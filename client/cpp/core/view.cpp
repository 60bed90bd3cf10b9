#include "client/cpp/core/view.h"

#include "core/message_fields.h"
#include "core/operators.h"

namespace msync::client {
namespace {

std::optional<Operator> operator_of(const Json& value) {
  const auto only = [&value](const char* name) { return value.size() == 1 && value.contains(name); };
  const auto comparable = [&value](const char* name) {
    return value.at(name).is_number() || value.at(name).is_string();
  };
  if (only("$inc")) return value["$inc"].is_number() ? std::optional(Operator::counter) : std::nullopt;
  if (only("$max")) return comparable("$max") ? std::optional(Operator::max) : std::nullopt;
  if (only("$min")) return comparable("$min") ? std::optional(Operator::min) : std::nullopt;
  for (const auto& [name, elements] : value.items()) {
    if ((name != "$add" && name != "$remove") || !elements.is_array()) return std::nullopt;
  }
  return Operator::set;
}

bool shows(const Entry& entry, const std::string& id, const Confirmed* known, std::uint64_t seq) {
  if (!entry.done) return true;
  if (seq >= entry.done->until) return false;
  const auto version = entry.done->versions.find(id);
  return version == entry.done->versions.end() || (known == nullptr ? 0 : known->version) < version->second;
}

Text patched(const Text& document, const Text& patch) {
  auto target = document ? parse_json(*document, envelope_depth) : Result<Json>(Json::object());
  const auto changes = parse_json(*patch, envelope_depth);
  if (!target || !changes) return document;
  return make_text(to_text(apply_patch(*std::move(target), *changes)));
}

Text operate(const Text& document, const WriteOp& op) {
  switch (op.op) {
    case Op::put:
      return op.data;
    case Op::remove:
      return nullptr;
    case Op::noop:
      return document;
    case Op::patch:
      break;
  }
  return document || op.base.value_or(0) == 0 ? patched(document, op.data) : nullptr;
}

}  // namespace

Json apply_patch(Json document, const Json& patch) {
  if (!document.is_object()) document = Json::object();
  if (!patch.is_object()) return document;
  Json plain = Json::object();
  std::vector<SplitPatch::Apply> operators;
  for (const auto& [property, value] : patch.items()) {
    if (!looks_like_operator(value)) {
      plain[property] = value;
    } else if (const auto op = operator_of(value)) {
      operators.push_back({property, *op, value});
    }
  }
  document.merge_patch(plain);
  for (const auto& each : operators) {
    if (auto changed = apply_operators(document, {each})) document = *std::move(changed);
  }
  return document;
}

std::optional<Seen> view_of(const std::string& id, const Confirmed* known, const std::vector<Entry*>& entries,
                            std::uint64_t seq) {
  Seen seen;
  if (known != nullptr) seen = {known->data, 0, false, known->ts, known->by};
  for (const Entry* entry : entries) {
    if (!shows(*entry, id, known, seq)) continue;
    for (const WriteOp& op : entry->ops) {
      if (op.id != id) continue;
      seen.data = operate(seen.data, op);
      seen.pending = true;
      if (op.ts != 0) seen.ts = op.ts;
      seen.by.clear();
    }
  }
  if (!seen.data) return std::nullopt;
  if (known != nullptr && known->data) seen.version = known->version;
  return seen;
}

}  // namespace msync::client
