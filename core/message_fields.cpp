#include "core/message_fields.h"

#include "core/topic.h"

namespace msync {
namespace {

std::optional<std::uint64_t> protocol_number(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number > limits::integer_max) return std::nullopt;
  return number;
}

Result<Json> only_object(Result<Json> value) {
  if (value && !value->is_object()) return Error{Code::malformed, "the message is no object"};
  return value;
}

}  // namespace

bool valid_epoch(std::string_view text) {
  return !text.empty() && text.size() <= limits::max_epoch_bytes;
}

bool valid_digest(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Json> parse_message(std::string_view payload) {
  if (payload.size() > limits::max_payload_bytes) {
    return Error{Code::too_large, "the message has " + std::to_string(payload.size()) + " bytes, " +
                                      std::to_string(limits::max_payload_bytes) + " are allowed"};
  }
  return only_object(parse_payload(payload));
}

Result<Json> parse_envelope(std::string_view bytes) {
  return only_object(format_of(bytes) == Format::cbor ? parse_cbor(bytes, envelope_depth)
                                                      : parse_json(bytes, envelope_depth));
}

Fields::Fields(const Json& value, std::string place) : value_(value), place_(std::move(place)) {
  if (!value.is_object()) fail("", "is no object");
}

const Json* Fields::find(const char* name) const {
  if (!value_.is_object()) return nullptr;
  const auto member = value_.find(name);
  return member == value_.end() ? nullptr : &*member;
}

const Json* Fields::need(const char* name) {
  const Json* member = find(name);
  if (member == nullptr) fail(name, "is missing");
  return member;
}

std::optional<std::uint64_t> Fields::maybe_number(const char* name) {
  const Json* member = find(name);
  if (member == nullptr) return std::nullopt;
  const auto number = protocol_number(*member);
  if (!number) fail(name, "is no integer in 0 to 2^53-1");
  return number;
}

std::uint64_t Fields::number_or(const char* name, std::uint64_t absent) {
  return maybe_number(name).value_or(absent);
}

std::uint64_t Fields::number(const char* name) {
  need(name);
  return number_or(name, 0);
}

std::string Fields::maybe_text(const char* name) {
  const Json* member = find(name);
  if (member == nullptr) return {};
  if (!member->is_string()) {
    fail(name, "is no text");
    return {};
  }
  return member->get<std::string>();
}

std::string Fields::text(const char* name) {
  need(name);
  return maybe_text(name);
}

std::string Fields::maybe_epoch() {
  std::string text = maybe_text("epoch");
  if (has("epoch") && !valid_epoch(text)) fail("epoch", "is no epoch");
  return text;
}

std::string Fields::epoch() {
  need("epoch");
  return maybe_epoch();
}

std::string Fields::maybe_src() {
  std::string text = maybe_text("src");
  if (has("src") && !valid_src(text)) fail("src", "is not 16 to 36 of [0-9a-zA-Z-]");
  return text;
}

std::string Fields::src() {
  need("src");
  return maybe_src();
}

bool Fields::flag(const char* name) {
  const Json* member = find(name);
  if (member == nullptr) return false;
  if (!member->is_boolean()) fail(name, "is neither true nor false");
  return *member == true;
}

const Json* Fields::maybe_array(const char* name) {
  const Json* member = find(name);
  if (member == nullptr || member->is_array()) return member;
  fail(name, "is no array");
  return nullptr;
}

const Json* Fields::array(const char* name) {
  need(name);
  return maybe_array(name);
}

const Json* Fields::maybe_object(const char* name) {
  const Json* member = find(name);
  if (member == nullptr || member->is_object()) return member;
  fail(name, "is no object");
  return nullptr;
}

const Json* Fields::object(const char* name) {
  need(name);
  return maybe_object(name);
}

void Fields::fail(std::string_view name, std::string_view what) {
  if (fault_) return;
  std::string message = place_;
  if (!name.empty()) message += (place_.empty() ? "" : "/") + std::string(name);
  if (message.empty()) message = "the message";
  fault_ = Error{Code::malformed, message + " " + std::string(what)};
}

void Fields::adopt(const Fields& inner) {
  if (!fault_) fault_ = inner.fault_;
}

}  // namespace msync
