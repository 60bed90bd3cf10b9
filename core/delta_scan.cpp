#include "core/delta_scan.h"

#include <algorithm>

#include "core/json.h"
#include "core/message_fields.h"
#include "core/topic.h"

namespace msync {
namespace {

constexpr std::string_view kEscapes = R"("\/bfnrt)";
constexpr std::string_view kEscaped = "\"\\/\b\f\n\r\t";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads forward. Of each function false means that the text has another form; where the cursor is then is unsaid.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const { return at_ == end_; }
  const char* place() const { return at_; }

  bool eat(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool eat(std::string_view what) {
    if (static_cast<std::size_t>(end_ - at_) < what.size() || std::string_view(at_, what.size()) != what)
      return false;
    at_ += what.size();
    return true;
  }

  /// A string with its quotes, in to_text()'s form; `raw` is what is between them.
  bool string(std::string_view& raw, bool& escaped) {
    if (!eat('"')) return false;
    const char* const begin = at_;
    escaped = false;
    for (; at_ != end_ && *at_ != '"'; ++at_) {
      if (static_cast<unsigned char>(*at_) < 0x20) return false;
      if (*at_ != '\\') continue;
      escaped = true;
      if (++at_ == end_ || *at_ == '/' || kEscapes.find(*at_) == std::string_view::npos) return false;
    }
    raw = {begin, static_cast<std::size_t>(at_ - begin)};
    return eat('"');
  }

  bool text(std::string& value) {
    std::string_view raw;
    bool escaped = false;
    if (!string(raw, escaped)) return false;
    value.clear();
    if (!escaped) {
      value = raw;
      return true;
    }
    for (std::size_t i = 0; i < raw.size(); ++i)
      value += raw[i] == '\\' ? kEscaped[kEscapes.find(raw[++i])] : raw[i];
    return true;
  }

  /// A protocol number.
  bool number(std::uint64_t& value) {
    const char* const begin = at_;
    value = 0;
    for (; at_ != end_ && is_digit(*at_) && value <= limits::integer_max; ++at_)
      value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
    const bool padded = at_ - begin > 1 && *begin == '0';
    return at_ != begin && !padded && value <= limits::integer_max;
  }
  bool number(std::int64_t& value) {
    std::uint64_t number_read = 0;
    const bool ok = number(number_read);
    value = static_cast<std::int64_t>(number_read);
    return ok;
  }

  /// Any value in to_text()'s form, nested at most `depth` deep.
  bool value(std::size_t depth) {  // NOLINT(misc-no-recursion): bounded by depth
    if (at_ == end_) return false;
    std::string_view raw;
    bool escaped = false;
    switch (*at_) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string(raw, escaped);
      case 't':
        return eat("true");
      case 'f':
        return eat("false");
      case 'n':
        return eat("null");
      default:
        return any_number();
    }
  }

  /// Names ascend, so none occurs twice.
  bool object(std::size_t depth) {  // NOLINT(misc-no-recursion)
    if (depth == 0 || !eat('{')) return false;
    if (eat('}')) return true;
    std::string_view last;
    for (bool first = true;; first = false) {
      std::string_view name;
      bool escaped = false;
      if (!string(name, escaped) || escaped || (!first && name <= last)) return false;
      last = name;
      if (!eat(':') || !value(depth - 1)) return false;
      if (!eat(',')) return eat('}');
    }
  }

 private:
  bool array(std::size_t depth) {  // NOLINT(misc-no-recursion)
    if (depth == 0 || !eat('[')) return false;
    if (eat(']')) return true;
    do {
      if (!value(depth - 1)) return false;
    } while (eat(','));
    return eat(']');
  }

  /// Of a document: few digits are as they were written; of anything else the library is asked.
  bool any_number() {
    constexpr std::ptrdiff_t kPlainDigits = 15;
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    const bool more = at_ != end_ && std::string_view("+-.eE").find(*at_) != std::string_view::npos;
    if (!more && at_ != begin && at_ - begin <= kPlainDigits) return *begin != '0' || at_ - begin == 1;
    while (at_ != end_ && std::string_view("+-.eE0123456789").find(*at_) != std::string_view::npos) ++at_;
    const std::string_view token(begin, static_cast<std::size_t>(at_ - begin));
    const auto number = parse_json(token);
    return number.ok() && to_text(*number) == token;
  }

  const char* at_;
  const char* end_;
};

bool read_document(Cursor& cursor, std::string& text) {
  const char* const begin = cursor.place();
  if (!cursor.object(limits::max_depth)) return false;
  text.assign(begin, cursor.place());
  return true;
}

bool read_content(Cursor& cursor, Change& change) {
  if (cursor.eat(R"(,"deleted":true)")) return change.deleted = true;
  if (cursor.eat(R"(,"data":)")) return read_document(cursor, change.data);
  return cursor.eat(R"(,"base":)") && cursor.number(change.base.emplace()) && cursor.eat(R"(,"patch":)") &&
         read_document(cursor, change.patch);
}

bool read_change(Cursor& cursor, Change& change) {
  if (!cursor.eat(R"({"id":)") || !cursor.text(change.id)) return false;
  if (!cursor.eat(R"(,"seq":)") || !cursor.number(change.seq)) return false;
  if (!cursor.eat(R"(,"version":)") || !cursor.number(change.version)) return false;
  if (!cursor.eat(R"(,"ts":)") || !cursor.number(change.ts)) return false;
  if (!cursor.eat(R"(,"by":)") || !cursor.text(change.by)) return false;
  if (cursor.eat(R"(,"src":)") && (!cursor.text(change.src) || !valid_src(change.src))) return false;
  if (cursor.eat(R"(,"n":)") && !cursor.number(change.n)) return false;
  return read_content(cursor, change) && cursor.eat('}');
}

bool read_changes(Cursor& cursor, std::vector<Change>& changes) {
  if (!cursor.eat(R"(,"changes":[)")) return false;
  if (cursor.eat(']')) return true;
  do {
    if (!read_change(cursor, changes.emplace_back())) return false;
  } while (cursor.eat(','));
  return cursor.eat(']');
}

/// The first member has no comma before it.
bool named(Cursor& cursor, bool& first, std::string_view name) {
  if (!cursor.eat(first ? name.substr(1) : name)) return false;
  first = false;
  return true;
}

bool read_place(Cursor& cursor, bool first, Delta& delta) {
  if (!named(cursor, first, R"(,"epoch":)") || !cursor.text(delta.epoch) || !valid_epoch(delta.epoch))
    return false;
  if (!cursor.eat(R"(,"scope":)") || !cursor.text(delta.scope)) return false;
  if (!cursor.eat(R"(,"from":)") || !cursor.number(delta.from)) return false;
  if (!cursor.eat(R"(,"to":)") || !cursor.number(delta.to)) return false;
  if (!cursor.eat(R"(,"head":)") || !cursor.number(delta.head)) return false;
  if (!cursor.eat(R"(,"now":)") || !cursor.number(delta.now)) return false;
  if (cursor.eat(R"(,"count":)") && !cursor.number(delta.count.emplace())) return false;
  if (cursor.eat(R"(,"digest":)") && (!cursor.text(delta.digest) || !valid_digest(delta.digest)))
    return false;
  return !cursor.eat(R"(,"n":)") || (cursor.number(delta.n.emplace()) && cursor.eat(R"(,"outcomes":[])"));
}

bool read_delta(Cursor& cursor, Delta& delta) {
  if (!cursor.eat('{')) return false;
  bool first = true;
  if (named(cursor, first, R"(,"rid":)") && !cursor.text(delta.rid)) return false;
  delta.last = named(cursor, first, R"(,"last":true)");
  delta.reset = named(cursor, first, R"(,"reset":true)");
  if (named(cursor, first, R"(,"snap":)") && !cursor.number(delta.snap)) return false;
  return read_place(cursor, first, delta) && read_changes(cursor, delta.changes) && cursor.eat('}') &&
         cursor.at_end();
}

}  // namespace

const char* disorder(const Delta& delta) {
  if (delta.from > delta.to || delta.to > delta.head) return "has not from <= to <= head";
  std::uint64_t last = delta.from;
  for (const Change& change : delta.changes) {
    if (change.seq <= last || change.seq > delta.to) return "has changes not ascending in (from, to]";
    last = change.seq;
  }
  return nullptr;
}

std::optional<Delta> scan_delta(std::string_view text) {
  std::optional<Delta> delta(std::in_place);
  Cursor cursor(text);
  if (!read_delta(cursor, *delta) || disorder(*delta) != nullptr || !valid_utf8(text)) delta.reset();
  return delta;
}

}  // namespace msync
