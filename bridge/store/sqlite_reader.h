// The store on SQLite: the reading side. See store.h for what it promises.
#pragma once

#include <memory>
#include <string>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"

namespace msync {

class SqliteReader final : public StoreReader {
 public:
  explicit SqliteReader(const std::string& file);
  ~SqliteReader() override;

  std::unique_ptr<View> view() override;

  struct Statements;

 private:
  sqlite::Connection connection_;
  std::unique_ptr<Statements> sql_;
};

}  // namespace msync
