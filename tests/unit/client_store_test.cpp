// The native library's database: what was committed is there, what was not is not, and what is not ours is left alone.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "client/cpp/store.h"

namespace msync::client {
namespace {

constexpr const char* scope = "chat/42/messages";

struct ClientStore : testing::Test {
  ClientStore() {
    std::string pattern = "/tmp/msync-client-XXXXXX";
    folder = mkdtemp(pattern.data());
    file = folder + "/sync.db";
  }
  ~ClientStore() override { std::filesystem::remove_all(folder); }

  static ChangedRows document(const std::string& id, const std::string& data) {
    ChangedRows rows;
    rows.documents[id] = Confirmed{3, 7, -5, "bob", 1, data.empty() ? nullptr : make_text(data)};
    return rows;
  }

  std::string folder;
  std::string file;
};

TEST_F(ClientStore, WhatWasCommittedIsThereAfterwards) {
  {
    Store store(file);
    EXPECT_EQ(store.device(), "");
    ChangedRows rows = document("m1", R"({"a":1})");
    rows.documents["gone"] = Confirmed{1, 1, 1, "bob", 0, nullptr};
    rows.others[{RowKind::state, ""}] = "state";
    rows.others[{RowKind::write, "1"}] = "write";
    store.commit({{scope, rows}, {"another", document("m1", "{}")}}, "device");
  }
  Store store(file);
  EXPECT_EQ(store.device(), "device");
  StoredRows read = store.read(scope);
  ASSERT_EQ(read.documents.size(), 2u);
  EXPECT_EQ(read.documents[0].first, "gone");
  EXPECT_EQ(read.documents[0].second.data, nullptr);
  const Confirmed& row = read.documents[1].second;
  EXPECT_EQ(row.version, 3u);
  EXPECT_EQ(row.seq, 7u);
  EXPECT_EQ(row.ts, -5);
  EXPECT_EQ(row.by, "bob");
  EXPECT_EQ(row.gen, 1u);
  EXPECT_EQ(*row.data, R"({"a":1})");
  EXPECT_EQ(read.others.size(), 2u);
  EXPECT_EQ(store.writes(), std::vector<std::string>{"write"});
  EXPECT_EQ(store.read("another").documents.size(), 1u);
}

TEST_F(ClientStore, WhatWasRemovedIsGone) {
  Store store(file);
  ChangedRows rows = document("m1", "{}");
  rows.others[{RowKind::problem, "k"}] = "problem";
  store.commit({{scope, rows}});
  rows.documents["m1"] = std::nullopt;
  rows.others[{RowKind::problem, "k"}] = std::nullopt;
  store.commit({{scope, rows}});
  EXPECT_TRUE(store.read(scope).documents.empty());
  EXPECT_TRUE(store.read(scope).others.empty());
}

TEST_F(ClientStore, ItIsOpenOnce) {
  Store store(file);
  EXPECT_THROW(Store second(file), StoreFault);
  store.reopen();
  store.commit({{scope, document("m1", "{}")}});
}

TEST_F(ClientStore, TextsMayHoldAnything) {
  Store store(file);
  const std::string odd("a\0b'\"", 5);
  ChangedRows rows = document("m1", "{}");
  rows.others[{RowKind::problem, odd}] = odd;
  store.commit({{"it's/a/scope", rows}});
  const StoredRows read = store.read("it's/a/scope");
  ASSERT_EQ(read.others.size(), 1u);
  EXPECT_EQ(read.others[0].name, odd);
  EXPECT_EQ(read.others[0].value, odd);
}

TEST_F(ClientStore, WhatALaterVersionWroteIsNotTouched) {
  { Store store(file); }
  // Byte 60 of a database is its user_version, a big-endian number.
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(63).put(2);
  try {
    Store store(file);
    FAIL() << "it was opened";
  } catch (const StoreFault& fault) {
    EXPECT_NE(std::string(fault.what()).find("later version"), std::string::npos) << fault.what();
  }
}

TEST_F(ClientStore, DestroyingItLeavesNoFile) {
  Store store(file);
  store.commit({{scope, document("m1", "{}")}});
  store.destroy();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace msync::client
