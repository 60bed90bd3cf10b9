#include "core/door_counters.h"

#include "core/json.h"
#include "core/message_fields.h"

namespace msync {
namespace {

template <std::size_t size>
using Names = std::array<const char*, size>;
template <std::size_t size>
using Counts = std::array<std::uint64_t, size>;

template <std::size_t size>
Json to_json(const Names<size>& names, const Counts<size>& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < size; ++i) object[names[i]] = counts[i];
  return object;
}

template <std::size_t size>
void read(Fields& fields, const char* name, const Names<size>& names, Counts<size>& into) {
  const Json* object = fields.maybe_object(name);
  if (!object) return;
  Fields members(*object, name);
  for (std::size_t i = 0; i < size; ++i) into[i] = members.number_or(names[i], 0);
  fields.adopt(members);
}

template <std::size_t size>
bool fell(const Counts<size>& before, const Counts<size>& now) {
  for (std::size_t i = 0; i < size; ++i) {
    if (now[i] < before[i]) return true;
  }
  return false;
}

template <std::size_t size>
void subtract(const Counts<size>& before, Counts<size>& from) {
  for (std::size_t i = 0; i < size; ++i) from[i] -= before[i];
}

}  // namespace

std::string encode(const DoorCounters& counters) {
  return to_text({{"start_ms", counters.start_ms},
                  {"connections", counters.connections},
                  {"auth", to_json(DoorCounters::auth_names, counters.auth)},
                  {"denied", to_json(DoorCounters::denied_names, counters.denied)},
                  {"kicked", to_json(DoorCounters::kicked_names, counters.kicked)}});
}

Result<DoorCounters> decode_door_counters(std::string_view payload) {
  const auto body = parse_message(payload);
  if (!body) return body.error();
  Fields fields(*body);
  DoorCounters counters;
  counters.start_ms = static_cast<std::int64_t>(fields.number("start_ms"));
  counters.connections = fields.number_or("connections", 0);
  read(fields, "auth", DoorCounters::auth_names, counters.auth);
  read(fields, "denied", DoorCounters::denied_names, counters.denied);
  read(fields, "kicked", DoorCounters::kicked_names, counters.kicked);
  if (fields.fault()) return *fields.fault();
  return counters;
}

DoorCounters risen(const DoorCounters& before, const DoorCounters& now) {
  const bool anew = before.start_ms != now.start_ms || fell(before.auth, now.auth) ||
                    fell(before.denied, now.denied) || fell(before.kicked, now.kicked);
  DoorCounters more = now;
  if (anew) return more;
  subtract(before.auth, more.auth);
  subtract(before.denied, more.denied);
  subtract(before.kicked, more.kicked);
  return more;
}

}  // namespace msync
