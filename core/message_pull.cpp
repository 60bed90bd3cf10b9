// T/pull and T/seen: what a reader asks for, and how far it has come.
#include <algorithm>

#include "core/message.h"
#include "core/message_fields.h"

namespace msync {
namespace {

/// It is echoed into an answer and into logs.
bool valid_rid(const std::string& rid) {
  return !rid.empty() && rid.size() <= limits::max_rid_bytes &&
         std::all_of(rid.begin(), rid.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

void read_accept(Fields& fields, Pull& pull) {
  const Json* list = fields.maybe_array("accept");
  if (list == nullptr) return;
  for (const Json& name : *list) {
    if (!name.is_string()) fields.fail("accept", "has an element that is no text");
    if (name == "cbor") pull.cbor = true;
    if (name == "zlib") pull.zlib = true;
    if (name == "zstd") pull.zstd = true;
  }
}

Error too_large() {
  return {Code::too_large,
          "a request of this kind has at most " + std::to_string(limits::max_pull_bytes) + " bytes", ""};
}

Json accept_of(const Pull& pull) {
  Json accept = Json::array();
  if (pull.cbor) accept.push_back("cbor");
  if (pull.zlib) accept.push_back("zlib");
  if (pull.zstd) accept.push_back("zstd");
  return accept;
}

}  // namespace

Result<Pull> decode_pull(std::string_view payload) {
  if (payload.size() > limits::max_pull_bytes) return too_large();
  const auto body = parse_message(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Pull pull;
  pull.rid = fields.text("rid");
  if (!valid_rid(pull.rid)) fields.fail("rid", "is not 1 to 64 printable ASCII characters");
  pull.src = fields.maybe_src();
  pull.epoch = fields.maybe_epoch();
  pull.since = fields.number_or("since", 0);
  pull.snap = fields.number_or("snap", 0);
  pull.acked = fields.number_or("acked", 0);
  const std::uint64_t limit = fields.number_or("limit", limits::page_entities);
  if (limit == 0) fields.fail("limit", "is 0");
  pull.limit = std::min<std::uint64_t>(limit, limits::page_entities);
  read_accept(fields, pull);
  if (fields.fault()) return *fields.fault();
  return pull;
}

std::string encode(const Pull& pull) {
  Json value = {{"rid", pull.rid}, {"since", pull.since}, {"limit", pull.limit}};
  if (!pull.src.empty()) value["src"] = pull.src;
  if (!pull.epoch.empty()) value["epoch"] = pull.epoch;
  if (pull.snap != 0) value["snap"] = pull.snap;
  if (pull.acked != 0) value["acked"] = pull.acked;
  Json accept = accept_of(pull);
  if (!accept.empty()) value["accept"] = std::move(accept);
  return to_text(value);
}

Result<Seen> decode_seen(std::string_view payload) {
  if (payload.size() > limits::max_pull_bytes) return too_large();
  const auto body = parse_message(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Seen seen;
  seen.src = fields.src();
  seen.epoch = fields.epoch();
  seen.seq = fields.number("seq");
  if (fields.fault()) return *fields.fault();
  return seen;
}

std::string encode(const Seen& seen) {
  return to_text({{"src", seen.src}, {"epoch", seen.epoch}, {"seq", seen.seq}});
}

}  // namespace msync
