// T/log and sync/<client>/delta/T, as they are written. The text is built around documents that are text
// already; CBOR is that text translated, so that there is one place that says what a delta holds.
#include <stdexcept>

#include "core/message.h"
#include "core/message_parts.h"
#include "core/message_text.h"

namespace msync {
namespace {

void write_change(std::string& out, const Change& change) {
  ObjectText object(out);
  object.text("id", change.id);
  object.number("seq", change.seq);
  object.number("version", change.version);
  object.number("ts", change.ts);
  object.text("by", change.by);
  if (!change.src.empty()) object.text("src", change.src);
  if (change.n != 0) object.number("n", change.n);
  if (change.deleted) {
    object.flag("deleted");
  } else if (change.base) {
    object.number("base", *change.base);
    object.raw("patch", change.patch);
  } else {
    object.raw("data", change.data);
  }
  object.close();
}

void write_place(ObjectText& object, const Delta& delta) {
  object.text("epoch", delta.epoch);
  object.text("scope", delta.scope);
  object.number("from", delta.from);
  object.number("to", delta.to);
  object.number("head", delta.head);
  object.number("now", delta.now);
  if (delta.count) object.number("count", *delta.count);
  if (!delta.digest.empty()) object.text("digest", delta.digest);
}

std::size_t size_of(const Delta& delta) {
  std::size_t bytes = delta_overhead_bytes;
  for (const Change& change : delta.changes) bytes += encoded_bytes(change);
  return bytes;
}

/// Bytes between the quotes, at most.
std::size_t escaped_bytes(std::string_view text) {
  std::size_t bytes = text.size();
  for (const char c : text) {
    if (c == '"' || c == '\\') bytes += 1;
    if (static_cast<unsigned char>(c) < 0x20) bytes += 5;
  }
  return bytes;
}

std::size_t digits_of(std::uint64_t number) {
  std::size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

}  // namespace

std::string encode(const Change& change) {
  std::string out;
  write_change(out, change);
  return out;
}

std::size_t encoded_bytes(const Change& change) {
  constexpr std::size_t kFixed =
      std::string_view(R"({"id":"","seq":,"version":,"ts":-,"by":"","src":"","n":,"base":,"patch":},)")
          .size();
  constexpr std::size_t kDeleted = std::string_view(R"("deleted":true)").size();
  const auto ts = static_cast<std::uint64_t>(change.ts < 0 ? -change.ts : change.ts);
  return kFixed + escaped_bytes(change.id) + escaped_bytes(change.by) + escaped_bytes(change.src) +
         digits_of(change.seq) + digits_of(change.version) + digits_of(ts) + digits_of(change.n) +
         digits_of(change.base.value_or(0)) +
         (change.deleted ? kDeleted
          : change.base  ? change.patch.size()
                         : change.data.size());
}

std::string encode(const Delta& delta) {
  std::string out;
  out.reserve(size_of(delta));
  ObjectText object(out);
  if (!delta.rid.empty()) object.text("rid", delta.rid);
  if (delta.last) object.flag("last");
  if (delta.reset) object.flag("reset");
  if (delta.reset || delta.snap != 0) object.number("snap", delta.snap);
  write_place(object, delta);
  if (delta.n) object.number("n", *delta.n);
  const auto result = [&out](const MutationResult& one) { write_result(out, one); };
  if (delta.n) write_array(object.open("outcomes"), delta.outcomes, result);
  const auto change = [&out](const Change& one) { write_change(out, one); };
  write_array(object.open("changes"), delta.changes, change);
  object.close();
  return out;
}

std::string encode_cbor(const Delta& delta) {
  const auto value = parse_json(encode(delta), envelope_depth);
  // Only a stored document that is no JSON can bring this about.
  if (!value) throw std::runtime_error("a delta of " + delta.scope + " is no JSON: " + value.error().message);
  return to_cbor(*value);
}

}  // namespace msync
