// What a disk, an operator or another process can do to a store under the bridge.
#include <fcntl.h>
#include <unistd.h>

#include "bridge/store/store.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;
using sqlite::Connection;

class StoreDamageTest : public testing::Test {
 protected:
  StoreDamageTest() {
    store = place.open();
    store->begin();
    scope = store->scope("chat/42/messages", "chat").id;
    Entity entity = sample_entity(1);
    entity.property_clock["text"] = {1, {5, "x"}};
    store->save(scope, "m1", entity, at_ms);
    store->save(scope, "m2", sample_entity(2), at_ms);
    store->commit();
  }

  StorePlace place;
  std::unique_ptr<Store> store;
  std::int64_t scope = 0;
};

class DamagedColumnTest : public StoreDamageTest, public testing::WithParamInterface<const char*> {};

TEST_P(DamagedColumnTest, IsNoticedByTheWriterAndByEveryReader) {
  place.run(std::string("UPDATE entity SET ") + GetParam() + " WHERE id = 'm1'");
  const auto error = store_error([&] { store->entity(scope, "m1"); });
  EXPECT_EQ(error.kind, Kind::corrupt);
  EXPECT_NE(std::string(error.what()).find("\"m1\""), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("scope " + std::to_string(scope)), std::string::npos);
  EXPECT_EQ(std::string(error.what()).find("there"), std::string::npos) << "no content in messages";
  const auto reader = place.reader();
  EXPECT_EQ(store_error([&] { changes_of(*reader->view(), scope, 0, 10); }).kind, Kind::corrupt);
  EXPECT_EQ(store->entity(scope, "m2"), sample_entity(2));
}

INSTANTIATE_TEST_SUITE_P(EveryColumn, DamagedColumnTest,
                         testing::Values("seq = 7", "version = 2", "edited = 0", "ts = ts + 1",
                                         "user = 'alicf'", "src = ''", "by = 'bo'", "by_src = by_src || '0'",
                                         "by_n = 16", "put_ts = 0", "put_src = 'x'", "deleted = 1",
                                         "data = replace(data, 'hi', 'ho')", "data = NULL", "clocks = NULL",
                                         "checksum = checksum + 1", "user = 'alic', src = 'e' || src"));

TEST_F(StoreDamageTest, ARowUnderAnothersNameIsNoticed) {
  place.run("UPDATE entity SET id = 'm3' WHERE id = 'm1'");
  EXPECT_EQ(store_error([&] { store->entity(scope, "m3"); }).kind, Kind::corrupt);
}

class DamagedRecordTest : public StoreDamageTest, public testing::WithParamInterface<const char*> {
 protected:
  DamagedRecordTest() {
    store->begin();
    store->save_conflict(scope, {"", "m1", 5, R"({"user":"bob"})"});
    store->save_history(scope, {"", 1, "m1", 1, "put", 7, 8, "alice", "b3c1a2b4c3d4e5f6", 9, std::nullopt,
                                R"({"text":"hi"})"});
    store->commit();
  }
  /// Throws what is read throws.
  std::size_t records() const {
    const auto reader = place.reader();
    const auto view = reader->view();
    std::size_t read = 0;
    view->conflicts({}, [&](ConflictRecord&&) { return ++read > 0; });
    view->history({}, [&](HistoryRecord&&) { return ++read > 0; });
    return read;
  }
};

TEST_P(DamagedRecordTest, IsNoticedByWhoeverReadsIt) {
  EXPECT_EQ(records(), 2u);
  place.run(std::string("UPDATE ") + GetParam());
  const auto error = store_error([&] { records(); });
  EXPECT_EQ(error.kind, Kind::corrupt);
  EXPECT_NE(std::string(error.what()).find("is damaged"), std::string::npos) << error.what();
  EXPECT_EQ(std::string(error.what()).find("text"), std::string::npos) << "no content in messages";
}

INSTANTIATE_TEST_SUITE_P(
    EveryColumn, DamagedRecordTest,
    testing::Values("conflict SET id = 'm2'", "conflict SET at = 6",
                    R"(conflict SET record = '{"user":"bod"}')", "conflict SET checksum = checksum + 1",
                    "history SET seq = 2", "history SET at = 6", "history SET id = 'm2'",
                    "history SET version = 2", "history SET op = 'patch'", "history SET ts = 7",
                    "history SET user = 'alicf'", "history SET src = ''", "history SET n = 10",
                    "history SET before = after, after = NULL", "history SET before = ''",
                    R"(history SET after = '{"text":"ho"}')", "history SET after = NULL",
                    "history SET op = 'pu', user = 't' || user", "history SET checksum = checksum + 1"));

TEST_F(StoreDamageTest, RecordsFromBeforeTheChecksumsAreReadAsTheyAre) {
  store->begin();
  store->save_conflict(scope, {"", "m1", 5, R"({"user":"bob"})"});
  store->save_history(scope, {"", 1, "m1", 1, "put", 7, 8, "alice", "", 0, std::nullopt, R"({"text":"hi"})"});
  store->commit();
  store.reset();
  place.run(
      "ALTER TABLE conflict DROP COLUMN checksum; ALTER TABLE history DROP COLUMN checksum;"
      "PRAGMA user_version = 8");
  store = place.open();
  place.run("UPDATE history SET user = 'eve'; UPDATE conflict SET at = 6");
  const auto reader = place.reader();
  const auto view = reader->view();
  std::size_t read = 0;
  view->conflicts({}, [&](ConflictRecord&& record) { return ++read > 0 && record.at_ms == 6; });
  view->history({}, [&](HistoryRecord&& record) { return ++read > 0 && record.user == "eve"; });
  EXPECT_EQ(read, 2u);
}

TEST_F(StoreDamageTest, ADamagedOutcomeIsNoticed) {
  MutationResult result;
  result.n = 3;
  result.status = Status::rejected;
  result.error = Error{Code::invalid, "no", ""};
  store->begin();
  store->save_outcome(key_of(scope), result);
  store->commit();
  place.run("UPDATE outcome SET result = substr(result, 3)");
  EXPECT_EQ(store_error([&] { store->outcome(key_of(scope), 3); }).kind, Kind::corrupt);
}

TEST_F(StoreDamageTest, ADamagedFileIsRefusedAtStartWithARemedy) {
  store.reset();
  const int file = open(place.file.c_str(), O_WRONLY | O_CLOEXEC);
  const std::string noise(4096, '\x5a');
  for (off_t page = 1; page < 8; ++page)
    ASSERT_EQ(pwrite(file, noise.data(), noise.size(), page * 4096), static_cast<ssize_t>(noise.size()));
  close(file);
  const auto error = store_error([&] { place.open(); });
  EXPECT_EQ(error.kind, Kind::corrupt);
  EXPECT_NE(std::string(error.what()).find("backup"), std::string::npos) << error.what();
}

TEST_F(StoreDamageTest, AStoreDeletedUnderTheBridgeIsNoticedBeforeAnythingIsAcknowledged) {
  std::filesystem::rename(place.file, place.file + ".old");
  EXPECT_EQ(store_error([&] { store->begin(); }).kind, Kind::other);
  std::filesystem::rename(place.file + ".old", place.file);
  store->begin();
  store->rollback();
}

TEST_F(StoreDamageTest, ALogDeletedUnderTheBridgeIsNoticedAndItsContentSavedByClosing) {
  std::filesystem::remove(place.file + "-wal");
  const auto error = store_error([&] { store->begin(); });
  EXPECT_EQ(error.kind, Kind::corrupt);
  EXPECT_NE(std::string(error.what()).find("-wal"), std::string::npos);
  store.reset();
  store = place.open();
  EXPECT_EQ(store->entity(scope, "m2"), sample_entity(2));
}

TEST_F(StoreDamageTest, ATransactionThatTheDatabaseGaveUpIsNotContinued) {
  store->begin();
  store->save(scope, "m3", sample_entity(3), at_ms);
  store->rollback();
  EXPECT_EQ(store_error([&] { store->commit(); }).kind, Kind::other);
  EXPECT_EQ(store->entity(scope, "m3"), std::nullopt);
}

}  // namespace
}  // namespace msync
