#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace msync {
namespace {

/// A pointer into the input that tells how far the parser has read: nlohmann's events carry no position.
class Cursor {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** read) : at_(at), read_(read) {}

  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *read_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** read_;
};

/// Builds the value while it judges: depth before anything nests, duplicate members, text, numbers.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(Format format, std::size_t max_depth) : format_(format), max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool string(string_t& value) override {
    return valid_text(value) ? add(std::move(value)) : fail("a string is not UTF-8");
  }
  bool binary(binary_t&) override { return fail("byte strings have no JSON equivalent"); }

  bool number_float(number_float_t value, const string_t&) override {
    if (!std::isfinite(value)) return fail("a number is not finite");
    const bool integral = format_ == Format::cbor && std::floor(value) == value &&
                          std::abs(value) <= static_cast<double>(limits::integer_max);
    if (!integral) return add(value);
    return value < 0 ? add(static_cast<std::int64_t>(value)) : add(static_cast<std::uint64_t>(value));
  }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!valid_text(name)) return fail("a member's name is not UTF-8");
    const auto [member, fresh] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
    member_ = &member->second;
    return fresh || fail("a member occurs twice");
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // 406: the number does not fit; everything else is syntax. Its text quotes the input, which may be private.
    return fail(error.id == 406 ? "a number is too large" : "not well-formed");
  }

  Json take() { return std::move(root_); }
  const std::string& fault() const { return fault_; }

 private:
  bool fail(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
    return false;
  }

  // The JSON lexer checks UTF-8 itself, the CBOR reader does not.
  bool valid_text(const std::string& text) const { return format_ == Format::json || valid_utf8(text); }

  Json& place(Json&& value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_object()) return *member_ = std::move(value);
    return open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
  }

  template <class T>
  bool add(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }

  bool open(Json&& container) {
    if (open_.size() == max_depth_) return fail("nested deeper than " + std::to_string(max_depth_));
    open_.push_back(&place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Format format_;
  std::size_t max_depth_;
  Json root_;
  std::vector<Json*> open_;  // a parent never moves while a child of it is open
  Json* member_ = nullptr;   // of the innermost object: where the next value goes
  std::string fault_;
};

/// `byte` counts from 1.
Error fault_at(Format format, const std::string& what, std::size_t byte) {
  const char* name = format == Format::json ? "JSON: " : "CBOR: ";
  return {Code::malformed, name + what + " at byte " + std::to_string(byte)};
}

Result<Json> parse(std::string_view bytes, Format format, std::size_t max_depth, std::size_t* fault_byte) {
  const auto input = format == Format::json ? Json::input_format_t::json : Json::input_format_t::cbor;
  const char* const end = bytes.data() + bytes.size();
  const char* read = bytes.data();
  Builder builder(format, max_depth);
  const bool ok = Json::sax_parse(Cursor(bytes.data(), &read), Cursor(end, &read), &builder, input);
  if (ok) return builder.take();
  const auto byte = static_cast<std::size_t>(read - bytes.data());
  if (fault_byte) *fault_byte = byte;
  return fault_at(format, builder.fault(), byte);
}

/// The value of the argument behind a CBOR item's first byte, which is consumed with it; false if it is cut.
bool read_argument(std::string_view& bytes, std::uint64_t& value) {
  const unsigned info = static_cast<unsigned char>(bytes.front()) & 0x1f;
  const std::size_t length = info >= 24 && info <= 27 ? std::size_t{1} << (info - 24) : 0;
  bytes.remove_prefix(1);
  if (bytes.size() < length) return false;
  value = info < 24 ? info : 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(length);
  return true;
}

/// nlohmann's CBOR reader recurses for every chunk of a string that is itself in chunks (RFC 8949 forbids them):
/// a run of 0x7F would exhaust the stack. So the items are walked first, without a stack; byte strings and tags,
/// which are refused anyway, end the walk. The offset of the offending byte, or npos.
std::size_t find_unsafe_item(std::string_view bytes) {
  const std::size_t size = bytes.size();
  bool in_chunks = false;
  while (!bytes.empty()) {
    const auto first = static_cast<unsigned char>(bytes.front());
    const unsigned major = first >> 5;
    const bool chunks = first == 0x7f;
    if ((chunks && in_chunks) || major == 2 || major == 6) return size - bytes.size();
    if (chunks || first == 0xff) in_chunks = chunks;
    std::uint64_t value = 0;
    if (!read_argument(bytes, value)) break;  // cut: the parser says so
    if (major != 3) continue;
    if (value > bytes.size()) break;
    bytes.remove_prefix(value);
  }
  return std::string_view::npos;
}

}  // namespace

Result<Json> parse_json(std::string_view bytes, std::size_t max_depth, std::size_t* fault_byte) {
  // nlohmann takes a NUL for the end of the text and skips a byte order mark; other parsers do neither.
  const bool mark = bytes.starts_with("\xEF\xBB\xBF");
  const std::size_t at = mark ? 0 : bytes.find('\0');
  if (at == std::string_view::npos) return parse(bytes, Format::json, max_depth, fault_byte);
  if (fault_byte) *fault_byte = at + 1;
  return fault_at(Format::json, mark ? "a byte order mark" : "a NUL", at + 1);
}

Result<Json> parse_cbor(std::string_view bytes, std::size_t max_depth) {
  const std::size_t at = find_unsafe_item(bytes);
  if (at == std::string_view::npos) return parse(bytes, Format::cbor, max_depth, nullptr);
  return fault_at(Format::cbor, "a byte string, a tag or nested chunks", at + 1);
}

Format format_of(std::string_view bytes) {
  const auto first = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
  return first >= 0xa0 && first <= 0xbf ? Format::cbor : Format::json;
}

Result<Json> parse_payload(std::string_view bytes) {
  return format_of(bytes) == Format::cbor ? parse_cbor(bytes) : parse_json(bytes);
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_cbor(const Json& value) {
  std::string bytes;
  Json::to_cbor(value, bytes);
  return bytes;
}

std::string json_quoted(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';  // most are: nothing to escape, nothing to check
  });
  if (plain) return std::string("\"").append(text).append("\"");
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pointer_escape(std::string_view token) {
  std::string escaped;
  for (const char c : token) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace msync
