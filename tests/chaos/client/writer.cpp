#include "tests/chaos/client/writer.h"

#include <cstdio>

namespace msync::chaos {

namespace {

constexpr std::uint64_t documents = 8;
constexpr std::uint64_t counters = 2;

}  // namespace

std::string random_uid(std::mt19937_64& dice) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(dice()));
  return text;
}

std::string Writer::text() {
  std::string text = name_ + " " + random_uid(dice_);
  if (chance(3)) text += std::string(pick(3500), '.');
  return text;
}

/// id, base and ts as the protocol asks: base is the version that is held, ts larger than what was seen.
Json Writer::about(const Replica& replica, const std::string& id, std::int64_t now_ms) {
  const auto held = replica.documents().find(id);
  const bool there = held != replica.documents().end();
  last_ts_ = std::max({now_ms, last_ts_ + 1, there ? held->second.ts + 1 : 0});
  return {{"id", id}, {"base", there ? held->second.version : 0}, {"ts", last_ts_}};
}

Json Writer::increment(const Replica& replica, std::int64_t now_ms) {
  Json operation = about(replica, "c" + std::to_string(pick(counters)), now_ms);
  operation["op"] = "patch";
  operation["data"] = {{"count", {{"$inc", 1 + pick(9)}}}};
  return operation;
}

Json Writer::operation(const Replica& replica, std::int64_t now_ms) {
  const std::string id = "e" + std::to_string(pick(documents));
  Json operation = about(replica, id, now_ms);
  const bool there = operation.at("base") != 0;
  const auto kind = pick(100);
  if (kind < 40 || (!there && kind < 70)) {
    operation["op"] = "put";
    operation["data"] = {{"text", text()}};
    if (chance(50)) operation["data"]["note"] = text();
    if (!there && replica.tombstone(id) != 0 && chance(70)) operation["base"] = replica.tombstone(id);
    if (chance(5)) operation.erase("base");
  } else if (kind < 72) {
    operation["op"] = "patch";
    operation["data"] = {{chance(50) ? "text" : "note", text()}};
    if (chance(10)) operation["data"]["note"] = nullptr;
  } else if (kind < 84) {
    operation["op"] = "patch";
    operation["data"] = {
        {"tags",
         {{"$add", {random_uid(dice_).substr(0, 1)}}, {"$remove", {random_uid(dice_).substr(0, 1)}}}}};
  } else if (kind < 96) {
    operation["op"] = "delete";
  } else {
    operation["op"] = "put";
    operation["data"] = {{"text", static_cast<int>(pick(9))}};  // does not fit the schema
  }
  return operation;
}

Json Writer::mutation(const Replica& replica, std::int64_t now_ms) {
  if (chance(25)) return increment(replica, now_ms);
  if (!chance(12)) return operation(replica, now_ms);
  Json group = Json::array();
  for (std::uint64_t left = 2 + pick(3); left > 0; --left) {
    group.push_back(chance(50) ? increment(replica, now_ms) : operation(replica, now_ms));
  }
  return group;
}

}  // namespace msync::chaos
