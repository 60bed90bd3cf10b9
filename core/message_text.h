// Writing one JSON object straight into text: acks and deltas are built many thousand times a second, around
// documents that are text already.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "core/json.h"

namespace msync {

/// Appends `{`, then members as they are named, and `}` at close(). Names are written as they are.
class ObjectText {
 public:
  explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }

  template <std::integral Integer>
  void number(std::string_view name, Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    raw(name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  void text(std::string_view name, std::string_view value) { raw(name, json_quoted(value)); }
  void flag(std::string_view name) { raw(name, "true"); }
  /// `json` is compact JSON text.
  void raw(std::string_view name, std::string_view json) { open(name) += json; }
  /// For a value that the caller appends to the text.
  std::string& open(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
};

/// `[`, each element as `write(element)` appends it, `]`.
template <class Range, class Write>
void write_array(std::string& out, const Range& range, Write write) {
  out += '[';
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += ',';
    first = false;
    write(element);
  }
  out += ']';
}

}  // namespace msync
