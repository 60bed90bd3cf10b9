// sync/<client>/notice and sync/status.
#include "core/message.h"
#include "core/message_fields.h"
#include "core/message_parts.h"

namespace msync {
namespace {

/// The length of the well-formed UTF-8 sequence that `bytes` begins with; 0 if there is none.
std::size_t sequence_bytes(std::string_view bytes) {
  for (std::size_t size = 1; size <= 4 && size <= bytes.size(); ++size) {
    if (valid_utf8(bytes.substr(0, size))) return size;
  }
  return 0;
}

/// Valid UTF-8 of at most `max_bytes`, cut between characters. Each byte that is part of none becomes `?`.
std::string clean(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = sequence_bytes(text);
    const std::string_view next = size == 0 ? "?" : text.substr(0, size);
    if (out.size() + next.size() > max_bytes) break;
    out += next;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string echo(std::string_view text) {
  return clean(text, limits::max_echo_bytes);
}

std::optional<std::int64_t> maybe_duration(Fields& fields, const char* name) {
  const auto number = fields.maybe_number(name);
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace

std::optional<Code> parse_code(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(Code::bad_config); ++i) {
    if (text == to_string(static_cast<Code>(i))) return static_cast<Code>(i);
  }
  return std::nullopt;
}

std::string encode(const Notice& notice) {
  Json value = {{"code", to_string(notice.code)}, {"message", echo(notice.message)}};
  if (!notice.topic.empty()) value["topic"] = echo(notice.topic);
  // A scope is ours, and a client that is told to remove it must read its whole name.
  if (!notice.scope.empty()) value["scope"] = clean(notice.scope, notice.scope.size());
  if (!notice.src.empty()) value["src"] = echo(notice.src);
  if (notice.n != 0) value["n"] = notice.n;
  if (notice.retry_after_ms) value["retry_after_ms"] = *notice.retry_after_ms;
  if (notice.expires_in_s) value["expires_in_s"] = *notice.expires_in_s;
  return to_text(value);
}

Result<Notice> decode_notice(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Notice notice;
  const auto code = parse_code(fields.text("code"));
  if (!code) fields.fail("code", "is unknown");
  notice.code = code.value_or(Code::malformed);
  notice.message = fields.text("message");
  notice.topic = fields.maybe_text("topic");
  notice.scope = fields.maybe_text("scope");
  notice.src = fields.maybe_text("src");
  notice.n = fields.number_or("n", 0);
  notice.retry_after_ms = maybe_duration(fields, "retry_after_ms");
  notice.expires_in_s = maybe_duration(fields, "expires_in_s");
  if (fields.fault()) return *fields.fault();
  return notice;
}

std::string encode(const ServerStatus& status) {
  return to_text({{"state", status.online ? "online" : "offline"},
                  {"epoch", status.epoch},
                  {"boot", status.boot},
                  {"protocol", protocol_version},
                  {"version", status.version},
                  {"limits",
                   {{"max_payload_bytes", limits::max_payload_bytes},
                    {"max_mutations", limits::max_mutations},
                    {"max_operations", limits::max_operations},
                    {"max_depth", limits::max_depth},
                    {"max_unacked", limits::max_unacked}}}});
}

Result<ServerStatus> decode_status(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  ServerStatus status;
  const std::string state = fields.text("state");
  if (state != "online" && state != "offline") fields.fail("state", "is neither online nor offline");
  status.online = state == "online";
  status.epoch = fields.epoch();
  status.boot = fields.number("boot");
  status.version = fields.text("version");
  if (fields.number("protocol") != protocol_version) fields.fail("protocol", "is not one that we speak");
  if (fields.fault()) return *fields.fault();
  return status;
}

}  // namespace msync
