#include "cli/watch_format.h"

#include <algorithm>

#include "core/json.h"

namespace msync {
namespace {

/// Where the data begins, if the names before it are short.
constexpr std::size_t data_column = 46;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string escaped(unsigned code) {
  constexpr char digits[] = "0123456789abcdef";
  return std::string("\\u00") + digits[code >> 4U] + digits[code & 15U];
}

std::size_t sequence_bytes(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

}  // namespace

const char* operation_of(const client::ConfirmedChange& event) {
  if (event.snapshot) return event.after ? "have" : "gone";
  if (event.change.deleted) return "delete";
  if (!event.before) return "create";
  return event.change.base ? "patch" : "put";
}

std::string change_line(const client::ConfirmedChange& event, std::size_t width) {
  const Change& change = event.change;
  const std::string seq = std::to_string(change.seq);
  std::string line = std::string(seq.size() < 7 ? 7 - seq.size() : 0, ' ') + seq + "  " +
                     padded("v" + std::to_string(change.version), 5) + " " + padded(operation_of(event), 7) +
                     " " + padded(change.id, 12) + " " + change.by;
  if (event.after)
    line = padded(std::move(line), data_column) + " " + (change.base ? change.patch : *event.after->data);
  return for_terminal(line, width);
}

std::string change_json(const client::ConfirmedChange& event) {
  const Change& change = event.change;
  Json line{{"scope", event.scope},
            {"seq", change.seq},
            {"version", change.version},
            {"op", operation_of(event)},
            {"id", change.id},
            {"ts", change.ts},
            {"by", change.by}};
  if (event.after) {
    if (auto data = parse_json(*event.after->data)) line["data"] = std::move(*data);
  }
  return to_text(line);
}

std::string for_terminal(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t shown = 0;
  std::size_t fits = 0;  // bytes of `out` that leave room for the ellipsis
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t bytes = std::min(sequence_bytes(first), text.size() - i);
    const unsigned second = bytes == 2 ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool c1 = first == 0xC2 && second >= 0x80 && second < 0xA0;
    const bool control = first < 0x20 || first == 0x7F || c1;
    const std::string piece = control ? escaped(c1 ? second : first) : std::string(text.substr(i, bytes));
    shown += control ? piece.size() : 1;
    if (width > 0 && shown > width) return out.substr(0, fits) + "…";
    out += piece;
    if (shown + 1 <= width) fits = out.size();
    i += bytes;
  }
  return out;
}

}  // namespace msync
