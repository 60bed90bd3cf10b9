#include "core/json.h"

#include <cmath>
#include <set>
#include <vector>

namespace msync {
namespace {

/// Builds the value while it judges: depth before anything nests, duplicate members, text, numbers.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(Format format, std::size_t max_depth) : format_(format), max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool string(string_t& value) override {
    return format_ == Format::cbor && !valid_utf8(value) ? fail("a string is not UTF-8")
                                                         : add(std::move(value));
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
    if (format_ == Format::cbor && !valid_utf8(name)) return fail("a member's name is not UTF-8");
    if (open_.back()->contains(name)) return fail("a member occurs twice");
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // 406: the number does not fit; everything else is syntax.
    return fail(error.id == 406 ? "a number is too large" : "not well-formed", position);
  }

  Json take() { return std::move(root_); }
  const std::string& fault() const { return fault_; }

 private:
  bool fail(const std::string& what, std::size_t position = 0) {
    if (fault_.empty()) fault_ = what + (position ? " at byte " + std::to_string(position) : "");
    return false;
  }

  Json& place(Json&& value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back();
    if (!parent.is_array()) return parent[key_] = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
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
  std::string key_;
  std::string fault_;
};

Result<Json> parse(std::string_view bytes, Format format, std::size_t max_depth) {
  Builder builder(format, max_depth);
  // The parser takes a NUL for the end of the text; JSON never contains one.
  if (format == Format::json && bytes.find('\0') != std::string_view::npos) {
    return Error{Code::malformed, "a NUL byte at byte " + std::to_string(bytes.find('\0') + 1), ""};
  }
  const auto input = format == Format::json ? Json::input_format_t::json : Json::input_format_t::cbor;
  try {
    if (Json::sax_parse(bytes, &builder, input)) return builder.take();
  } catch (const Json::exception& error) {
    return Error{Code::malformed, std::string("not well-formed: ") + error.what(), ""};
  }
  return Error{Code::malformed, builder.fault().empty() ? "not well-formed" : builder.fault(), ""};
}

}  // namespace

Result<Json> parse_json(std::string_view bytes, std::size_t max_depth) {
  return parse(bytes, Format::json, max_depth);
}

Result<Json> parse_cbor(std::string_view bytes, std::size_t max_depth) {
  return parse(bytes, Format::cbor, max_depth);
}

Format format_of(std::string_view bytes) {
  const auto first = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
  return first >= 0xa0 && first <= 0xbf ? Format::cbor : Format::json;
}

Result<Json> parse_payload(std::string_view bytes) {
  return format_of(bytes) == Format::cbor ? parse_cbor(bytes) : parse_json(bytes);
}

std::string to_text(const Json& value) {
  return value.dump();
}

std::string to_cbor(const Json& value) {
  std::string bytes;
  Json::to_cbor(value, bytes);
  return bytes;
}

std::string json_quoted(std::string_view text) {
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
