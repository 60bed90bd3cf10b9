#include "bridge/store/entity_row.h"

#include "bridge/store/checksum.h"
#include "bridge/store/store.h"

namespace msync {
namespace {

[[noreturn]] void corrupt(const EntityRow& row, const std::string& why) {
  throw StoreError(StoreError::Kind::corrupt,
                   "entity \"" + std::string(row.id) + "\" of scope " + std::to_string(row.scope) +
                       " is damaged: " + why +
                       "; keep a copy of the store, look at the disk, and restore the latest backup");
}

std::string clocks_text(const Entity& entity) {
  if (entity.property_clock.empty()) return {};
  Json clocks = Json::object();
  for (const auto& [property, last] : entity.property_clock)
    clocks[property] = Json::array({last.version, last.clock.ts, last.clock.src});
  return to_text(clocks);
}

void read_clocks(std::string_view text, Entity& entity) {
  if (text.empty()) return;
  const Json clocks = Json::parse(text);
  for (const auto& [property, last] : clocks.items()) {
    PropertyClock clock;
    clock.version = last.at(0).get<std::uint64_t>();
    clock.clock.ts = last.at(1).get<std::int64_t>();
    clock.clock.src = last.at(2).get<std::string>();
    entity.property_clock.emplace(property, std::move(clock));
  }
}

}  // namespace

EntityText::EntityText(const Entity& entity)
    : data(entity.deleted ? std::string() : to_text(entity.data)), clocks(clocks_text(entity)) {}

EntityRow::EntityRow(std::int64_t scope, std::string_view id, const Entity& entity, const EntityText& text)
    : scope(scope),
      id(id),
      seq(entity.seq),
      version(entity.version),
      edited(entity.edited),
      ts(entity.ts),
      user(entity.user),
      src(entity.src),
      by(entity.by),
      by_src(entity.by_src),
      by_n(entity.by_n),
      put_ts(entity.put.ts),
      put_src(entity.put.src),
      deleted(entity.deleted),
      data(text.data),
      clocks(text.clocks) {}

EntityRow::EntityRow(const sqlite::Query& query)
    : scope(query.number(0)),
      id(query.text(1)),
      seq(query.natural(2)),
      version(query.natural(3)),
      edited(query.natural(4)),
      ts(query.number(5)),
      user(query.text(6)),
      src(query.text(7)),
      by(query.text(8)),
      by_src(query.text(9)),
      by_n(query.natural(10)),
      put_ts(query.number(11)),
      put_src(query.text(12)),
      deleted(query.number(13) != 0),
      data(query.text(14)),
      clocks(query.text(15)) {
  if (query.natural(16) != checksum()) corrupt(*this, "its checksum does not fit");
}

std::uint32_t EntityRow::checksum() const {
  return row_checksum(
      std::array{static_cast<std::uint64_t>(scope), seq, version, edited, static_cast<std::uint64_t>(ts),
                 by_n, static_cast<std::uint64_t>(put_ts), static_cast<std::uint64_t>(deleted)},
      std::array{id, user, src, by, by_src, put_src, data, clocks});
}

Entity EntityRow::entity() const try {
  Entity entity;
  entity.version = version;
  entity.edited = edited;
  entity.seq = seq;
  entity.ts = ts;
  entity.user = user;
  entity.src = src;
  entity.by = by;
  entity.by_src = by_src;
  entity.by_n = by_n;
  entity.put = {put_ts, std::string(put_src)};
  entity.deleted = deleted;
  if (!deleted) entity.data = Json::parse(data);
  read_clocks(clocks, entity);
  return entity;
} catch (const Json::exception&) {
  corrupt(*this, "its document cannot be read");  // the parser's words may quote the document
}

Change EntityRow::change() const {
  Change change;
  change.id = id;
  change.seq = seq;
  change.version = version;
  change.ts = ts;
  change.by = by;
  change.src = by_src;
  change.n = by_n;
  change.deleted = deleted;
  change.data = data;
  return change;
}

}  // namespace msync
