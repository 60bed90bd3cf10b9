// A folder for one test's store, gone with the test, and short ways to fill one.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {

class StorePlace {
 public:
  StorePlace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "msync-store-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    folder = pattern;
    file = folder + "/store.db";
    address = "sqlite:" + file;
  }
  ~StorePlace() { std::filesystem::remove_all(folder); }
  StorePlace(const StorePlace&) = delete;
  StorePlace& operator=(const StorePlace&) = delete;

  std::unique_ptr<Store> open(std::int64_t now_ms = 1795232472123) const {
    return *open_store(address, now_ms);
  }
  std::unique_ptr<StoreReader> reader() const { return *open_reader(address); }

  /// What a person with the sqlite3 shell could do to it.
  void run(const std::string& sql) const {
    sqlite::Connection(file, sqlite::Connection::Mode::write).run(sql.c_str());
  }

  std::string folder;
  std::string file;
  std::string address;
};

/// The error that `work` ends with; the test fails if it ends well.
inline StoreError store_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error;
  }
  ADD_FAILURE() << "no StoreError";
  return {StoreError::Kind::other, ""};
}

/// When tests save.
inline constexpr std::int64_t at_ms = 1795232472300;

/// An entity with something in every field.
inline Entity sample_entity(std::uint64_t seq, std::uint64_t version = 1) {
  Entity entity;
  entity.version = version;
  entity.edited = version;
  entity.seq = seq;
  entity.ts = 1795232472123;
  entity.user = "alice";
  entity.src = "b3c1a2b4c3d4e5f6";
  entity.by = "bob";
  entity.by_src = "00112233445566778899";
  entity.by_n = 17;
  entity.put = {1795232472000, "b3c1a2b4c3d4e5f6"};
  entity.data = Json{{"text", "hi \xf0\x9f\x98\x80 \"there\""}, {"seq", seq}};
  return entity;
}

inline std::vector<Change> changes_of(View& view, std::int64_t scope, std::uint64_t from, std::uint64_t to) {
  std::vector<Change> all;
  view.changes(scope, from, to, [&](Change&& change) {
    all.push_back(std::move(change));
    return true;
  });
  return all;
}

inline ReplicaKey key_of(std::int64_t scope) {
  return {"alice", "b3c1a2b4c3d4e5f6", scope};
}

}  // namespace msync
