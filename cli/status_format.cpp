#include "cli/status_format.h"

#include <algorithm>

#include "cli/clock.h"

namespace msync {
namespace {

const Json& at(const Json& object, const char* name) {
  static const Json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? none : *found;
}

/// Quoted, where it has something in it that a terminal might take for more than text.
std::string text(const Json& value) {
  if (value.is_null()) return "-";
  if (!value.is_string()) return to_text(value);
  const auto& plain = value.get_ref<const std::string&>();
  const bool odd = std::any_of(plain.begin(), plain.end(),
                               [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
  return odd ? json_quoted(plain) : plain;
}

std::int64_t number(const Json& value) {
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

bool yes(const Json& value) {
  return value.is_boolean() && value.get<bool>();
}

std::string bytes(const Json& value) {
  const std::int64_t count = number(value);
  if (count < 10 * 1024) return std::to_string(count) + " B";
  if (count < 10 * 1024 * 1024) return std::to_string(count / 1024) + " KiB";
  return std::to_string(count / 1024 / 1024) + " MiB";
}

std::string last(const Json& rates, const char* name) {
  const Json& values = at(rates, name);
  return values.is_array() && !values.empty() ? text(values.back()) : "-";
}

std::string when(const Json& row) {
  return utc_text(number(at(row, "at_ms")));
}

class Lines {
 public:
  explicit Lines(std::size_t width) : width_(width) {}

  void add(std::string line) {
    if (width_ > 0 && line.size() > width_) {
      std::size_t end = width_ - 1;
      while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80)
        --end;  // not within a character
      line.erase(end);
    }
    text_ += line + '\n';
  }

  template <class Row>
  void list(const char* title, const Json& rows, Row row) {
    if (!rows.is_array() || rows.empty()) return;
    add("");
    add(title);
    for (const Json& one : rows) add("  " + row(one));
  }

  std::string text_;

 private:
  std::size_t width_;
};

void add_state(Lines& lines, const Json& status) {
  const Json& broker = at(status, "broker");
  const Json& store = at(status, "store");
  const Json& queues = at(status, "queues");
  const Json& rates = at(status, "rates");
  lines.add("version   " + text(at(status, "version")) + ", epoch " + text(at(status, "epoch")) + ", since " +
            utc_text(number(at(status, "start_ms"))));
  lines.add("broker    " + text(at(broker, "address")) + ", " +
            (yes(at(broker, "ready"))       ? "connected"
             : yes(at(broker, "connected")) ? "not let in yet"
                                            : "not connected") +
            ", has dropped " + text(at(broker, "dropped_messages")));
  lines.add(std::string("store     ") +
            (!yes(at(store, "readable"))  ? "cannot be read"
             : yes(at(store, "writable")) ? "works"
                                          : "cannot be written") +
            ", " + text(at(store, "documents")) + " documents in " + text(at(store, "scopes")) + " scopes, " +
            text(at(store, "tombstones")) + " tombstones, " + bytes(at(store, "bytes")) + " and a log of " +
            bytes(at(store, "log_bytes")));
  lines.add("clients   " + text(at(at(status, "door"), "connections")) + " connected");
  lines.add("waiting   input " + text(at(queues, "inbox_messages")) + ", pulls " +
            text(at(queues, "waiting_pulls")) + ", answers " + bytes(at(queues, "outbox_bytes")));
  lines.add("a second  " + last(rates, "mutations_per_s") + " mutations, " + last(rates, "deltas_per_s") +
            " deltas, " + last(rates, "pulls_per_s") + " pulls");
  lines.add("latency   ack " + last(rates, "ack_p50_ms") + " ms (99 %: " + last(rates, "ack_p99_ms") +
            "), commit " + last(rates, "commit_p50_ms") + " ms (99 %: " + last(rates, "commit_p99_ms") + ")");
}

}  // namespace

std::string status_text(const Json& status, std::size_t width) {
  Lines lines(width);
  add_state(lines, status);
  const Json& replicas = at(status, "replicas");
  std::int64_t behind = 0;
  for (const Json& count : at(replicas, "behind")) behind += number(count);
  lines.add("replicas  " + text(at(replicas, "synced")) + " synced, " + std::to_string(behind) + " behind");
  lines.list("furthest behind", at(replicas, "rows"), [](const Json& row) {
    return text(at(row, "user")) + "  " + text(at(row, "src")) + "  " + text(at(row, "scope")) + "  " +
           (number(at(row, "behind")) == 0 ? "synced" : text(at(row, "behind")) + " behind") + ", heard of " +
           utc_text(number(at(row, "seen_at_ms")));
  });
  lines.list("conflicts", at(status, "conflicts"), [](const Json& row) {
    return when(row) + "  " + text(at(row, "scope")) + "  " + text(at(row, "id")) + "  " +
           text(at(row, "user")) + " against " + text(at(row, "against")) + "  " + text(at(row, "status"));
  });
  lines.list("rejections", at(status, "rejections"), [](const Json& row) {
    return when(row) + "  " + text(at(row, "scope")) + "  " + text(at(row, "id")) + "  " +
           text(at(row, "user")) + "  " + text(at(row, "code")) +
           (at(row, "path").is_null() ? "" : " at " + text(at(row, "path")));
  });
  lines.list("scopes", at(status, "scopes"), [](const Json& row) {
    return text(at(row, "topic")) + "  " + text(at(row, "count")) + " documents, seq " +
           text(at(row, "seq")) + ", " + text(at(row, "readers")) + " readers";
  });
  return lines.text_;
}

}  // namespace msync
