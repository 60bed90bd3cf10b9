// One row of the table entity, and its checksum: the store's protection against a disk that lies.
//
// The row is made of views, either of an Entity about to be written or of a query's columns; they must
// outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/store/sqlite_db.h"
#include "core/message.h"
#include "core/reconcile.h"

namespace msync {

/// `data` and `clocks` of an entity as text: what the row's views point to.
struct EntityText {
  explicit EntityText(const Entity& entity);
  std::string data;    // empty when deleted
  std::string clocks;  // {"property":[version,ts,"src"],…}; empty where there are none
};

struct EntityRow {
  /// The columns in the order in which the constructor below reads them.
  static constexpr const char* columns =
      "scope, id, seq, version, edited, ts, user, src, by, by_src, by_n, put_ts, put_src, deleted, data, "
      "clocks, "
      "checksum";

  EntityRow(std::int64_t scope, std::string_view id, const Entity& entity, const EntityText& text);

  /// The current row of a query of `columns`. StoreError corrupt if its checksum does not fit.
  explicit EntityRow(const sqlite::Query& query);

  /// CRC-32 over every column but itself.
  std::uint32_t checksum() const;

  /// StoreError corrupt if `data` or `clocks` is no JSON.
  Entity entity() const;
  Change change() const;

  std::int64_t scope;
  std::string_view id;
  std::uint64_t seq;
  std::uint64_t version;
  std::uint64_t edited;
  std::int64_t ts;
  std::string_view user;
  std::string_view src;
  std::string_view by;
  std::string_view by_src;
  std::uint64_t by_n;
  std::int64_t put_ts;
  std::string_view put_src;
  bool deleted;
  std::string_view data;
  std::string_view clocks;
};

}  // namespace msync
