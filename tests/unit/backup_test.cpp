// A copy of a store, and a store from a copy.
#include "bridge/store/backup.h"

#include <sys/stat.h>

#include <fstream>

#include "bridge/pull_answer.h"
#include "bridge/store/meta.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;
using sqlite::Connection;

constexpr const char* topic = "chat/42/messages";

MutationResult conflict(std::uint64_t n) {
  MutationResult result;
  result.n = n;
  result.status = Status::superseded;
  return result;
}

/// One commit: an entity, the head, the writer's number, an outcome.
void write_one(Store& store, const std::string& text = "x") {
  store.begin();
  ScopeRow scope = store.scope(topic, "chat");
  scope.seq += 1;
  scope.count += 1;
  Entity entity = sample_entity(scope.seq);
  entity.data["text"] = text;
  store.save(scope.id, "m" + std::to_string(scope.seq), entity, at_ms);
  store.save(scope);
  store.save_replica_n(key_of(scope.id), scope.seq);
  store.save_outcome(key_of(scope.id), conflict(scope.seq));
  store.save_published(scope.id, scope.seq);
  store.commit();
}

/// Its head, if all its rows belong to one moment.
std::uint64_t head_of(const std::string& address) {
  const auto reader = *open_reader(address);
  const auto view = reader->view();
  const auto scope = view->scope(topic);
  if (!scope) return 0;
  EXPECT_EQ(changes_of(*view, scope->id, 0, scope->seq + 100).size(), scope->seq);
  EXPECT_EQ(view->replica_n(key_of(scope->id)), scope->seq);
  EXPECT_EQ(view->outcomes(key_of(scope->id), 0).back().n, scope->seq);
  return scope->seq;
}

class BackupTest : public testing::Test {
 protected:
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place.folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string in_folder(const std::string& name) const { return place.folder + "/" + name; }

  StorePlace place;
  std::string backup = "sqlite:" + place.folder + "/backup.db";
};

// ---- Backup ---------------------------------------------------------------------------------------------

TEST_F(BackupTest, ACopyHasEverythingAndTheSameEpoch) {
  const auto store = place.open();
  for (int i = 0; i < 3; ++i) write_one(*store);
  backup_store(place.address, backup);
  EXPECT_EQ(head_of(backup), 3u);
  Connection copy(in_folder("backup.db"), Connection::Mode::read);
  EXPECT_EQ(read_meta(copy).epoch, store->identity().epoch);
  EXPECT_EQ(copy.text("PRAGMA integrity_check"), "ok");
}

TEST_F(BackupTest, ItIsOneFileForItsOwnerAlone) {
  const auto store = place.open();
  write_one(*store);
  backup_store(place.address, backup);
  struct stat status {};
  ASSERT_EQ(stat(in_folder("backup.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(files(), (std::vector<std::string>{"backup.db", "store.db", "store.db-shm", "store.db-wal",
                                               "store.db.lock"}));
}

TEST_F(BackupTest, WritersGoOnAndTheCopyIsOneMoment) {
  const auto store = place.open();
  for (int i = 0; i < 100; ++i) write_one(*store, std::string(100'000, 'x'));
  int steps = 0;
  std::uint64_t written = 100;
  // Between any two steps the store changes: a copy that starts over would never end.
  backup_store(place.address, backup, [&](int done, int total) {
    write_one(*store, std::string(100'000, 'y'));
    written += 1;
    ASSERT_LT(++steps, 100);
    EXPECT_LE(done, total);
  });
  EXPECT_GT(steps, 2);
  EXPECT_EQ(head_of(backup), 100u);
  EXPECT_EQ(head_of(place.address), written);
}

TEST_F(BackupTest, AnExistingFileIsNotOverwritten) {
  const auto store = place.open();
  std::ofstream(in_folder("backup.db")) << "precious";
  const auto error = store_error([&] { backup_store(place.address, backup); });
  EXPECT_NE(std::string(error.what()).find("not overwritten"), std::string::npos) << error.what();
  EXPECT_EQ(std::filesystem::file_size(in_folder("backup.db")), 8u);
}

TEST_F(BackupTest, AFileThatAppearsMeanwhileIsNotOverwrittenEither) {
  const auto store = place.open();
  store_error([&] {
    backup_store(place.address, backup,
                 [&](int, int) { std::ofstream(in_folder("backup.db")) << "precious"; });
  });
  EXPECT_EQ(std::filesystem::file_size(in_folder("backup.db")), 8u);
}

TEST_F(BackupTest, GivenUpItLeavesNothing) {
  const auto store = place.open();
  const auto before = files();
  EXPECT_THROW(backup_store(place.address, backup, [](int, int) { throw std::runtime_error("stop"); }),
               std::runtime_error);
  EXPECT_EQ(files(), before);
  backup_store(place.address, backup);
}

TEST_F(BackupTest, WhatIsNoStoreIsRefused) {
  EXPECT_EQ(store_error([&] { backup_store(place.address, backup); }).kind, Kind::unwritable);
  EXPECT_FALSE(std::filesystem::exists(place.file)) << "a wrong path must not make a file";
  std::ofstream(place.file).close();
  EXPECT_EQ(store_error([&] { backup_store(place.address, backup); }).kind, Kind::other);
  place.run("CREATE TABLE t (x)");
  EXPECT_EQ(store_error([&] { backup_store(place.address, backup); }).kind, Kind::other);
  EXPECT_EQ(store_error([&] { backup_store("mysql:x", backup); }).kind, Kind::other);
  EXPECT_FALSE(std::filesystem::exists(in_folder("backup.db")));
}

// ---- Restore --------------------------------------------------------------------------------------------

class RestoreTest : public BackupTest {
 protected:
  /// A store with a backup at head 2 and a head of 5.
  RestoreTest() {
    auto store = place.open(5000);
    write_one(*store);
    write_one(*store);
    store->begin();
    store->save_last_time_ms(6000);
    store->commit();
    backup_store(place.address, backup);
    store.reset();
    store = place.open(7000);
    for (int i = 0; i < 3; ++i) write_one(*store);
    store->begin();
    store->save_last_time_ms(8000);
    store->commit();
    old = store->identity();
  }

  StoreIdentity old;
};

TEST_F(RestoreTest, TheBackupsContentIsANewHistory) {
  const auto now = restore_store(backup, place.address, 9000);
  EXPECT_EQ(head_of(place.address), 2u);
  EXPECT_EQ(now.epoch.substr(0, 5), "9000-");
  EXPECT_GT(now.boot, old.boot);
  const auto store = place.open(9001);
  EXPECT_EQ(store->identity().epoch, now.epoch);
  EXPECT_GT(store->identity().boot, now.boot);
  EXPECT_EQ(store->last_time_ms(), 8000);
}

TEST_F(RestoreTest, TheEpochRisesAlsoWhenTheClockWentBack) {
  const auto first = restore_store(backup, place.address, 3000);
  EXPECT_EQ(first.epoch.substr(0, 5), "5001-");
  const auto second = restore_store(backup, place.address, 2000);
  EXPECT_EQ(second.epoch.substr(0, 5), "5002-") << "above what it replaces";
  EXPECT_GT(second.boot, first.boot);
}

TEST_F(RestoreTest, EveryScopesHeadIsToBePublished) {
  restore_store(backup, place.address, 9000);
  const auto behind = place.reader()->view()->unpublished();
  ASSERT_EQ(behind.size(), 1u);
  EXPECT_EQ(behind[0].scope.seq, 2u);
  EXPECT_EQ(behind[0].published, 1u) << "one change tells the head; a snapshot tells the rest";
}

TEST_F(RestoreTest, AClientOfTheOldHistoryGetsASnapshot) {
  const auto now = restore_store(backup, place.address, 9000);
  Pull pull;
  pull.rid = "1";
  pull.epoch = old.epoch;
  pull.since = 5;
  const auto reader = place.reader();
  PullAnswer answer(pull, "alice", topic, now.epoch);
  const auto page = decode_delta(*answer.next(*reader, 9000));
  EXPECT_TRUE(page->reset);
  EXPECT_EQ(page->to, 2u);
}

TEST_F(RestoreTest, WhatWasReplacedStaysBeside) {
  restore_store(backup, place.address, 1795232472123);
  const std::string kept = place.file + ".before-restore-20261121T034112.123Z";
  EXPECT_EQ(kept_beside(place.file, 1795232472123), kept);
  EXPECT_EQ(head_of("sqlite:" + kept), 5u);
}

TEST_F(RestoreTest, ItIsRefusedWhileABridgeWorksOnTheStore) {
  const auto bridge = place.open();
  const auto before = files();
  EXPECT_EQ(store_error([&] { restore_store(backup, place.address, 9000); }).kind, Kind::busy);
  EXPECT_EQ(files(), before);
  write_one(*bridge);
  EXPECT_EQ(head_of(place.address), 6u);
}

TEST_F(RestoreTest, ItIsRefusedWhileSomebodyReadsWhatWouldBeReplaced) {
  {
    const auto reader = place.reader();
    auto store = place.open();
    const auto view = reader->view();
    EXPECT_EQ(view->scope(topic)->seq, 5u);
    write_one(*store);  // into the log, which the view keeps from being emptied
    store.reset();
    const auto error = store_error([&] { restore_store(backup, place.address, 9000); });
    EXPECT_EQ(error.kind, Kind::busy);
    EXPECT_NE(std::string(error.what()).find("being read"), std::string::npos) << error.what();
  }
  EXPECT_EQ(head_of(place.address), 6u);
  restore_store(backup, place.address, 9000);
  EXPECT_EQ(head_of(place.address), 2u);
}

TEST_F(RestoreTest, ADamagedBackupReplacesNothing) {
  std::filesystem::resize_file(in_folder("backup.db"),
                               std::filesystem::file_size(in_folder("backup.db")) / 2);
  EXPECT_EQ(store_error([&] { restore_store(backup, place.address, 9000); }).kind, Kind::corrupt);
  EXPECT_EQ(head_of(place.address), 5u);
}

TEST_F(RestoreTest, ADamagedStoreIsReplacedAndKept) {
  {
    std::fstream file(place.file, std::ios::in | std::ios::out);
    file << std::string(200, 'x');
  }
  std::ofstream(place.file + "-wal") << "what is left of a log";
  restore_store(backup, place.address, 9000);
  EXPECT_EQ(head_of(place.address), 2u);
  EXPECT_TRUE(std::filesystem::exists(kept_beside(place.file, 9000)));
  EXPECT_EQ(place.open()->identity().epoch.substr(0, 5), "9000-");
}

TEST_F(RestoreTest, WithoutAStoreThereIsOneAfterwards) {
  const std::string fresh = in_folder("fresh.db");
  restore_store(backup, "sqlite:" + fresh, 9000);
  EXPECT_EQ(head_of("sqlite:" + fresh), 2u);
  struct stat status {};
  ASSERT_EQ(stat(fresh.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  for (const auto& name : files()) EXPECT_EQ(name.find("fresh.db.before"), std::string::npos);
}

TEST_F(RestoreTest, AnotherProgramsFileIsNotReplaced) {
  const std::string other = in_folder("other.db");
  std::ofstream(other).close();
  Connection(other, Connection::Mode::write).run("CREATE TABLE precious (x)");
  EXPECT_EQ(store_error([&] { restore_store(backup, "sqlite:" + other, 9000); }).kind, Kind::other);
  EXPECT_EQ(store_error([&] { restore_store("sqlite:" + other, place.address, 9000); }).kind, Kind::other);
  EXPECT_EQ(store_error([&] { restore_store(place.address, place.address, 9000); }).kind, Kind::other);
  EXPECT_EQ(head_of(place.address), 5u);
}

// ---- In memory ------------------------------------------------------------------------------------------

TEST_F(RestoreTest, InMemoryBothWork) {
  const std::string live = "sqlite::memory:live", copy = "sqlite::memory:copy";
  auto store = *open_store(live, 5000);
  const auto keeps_live = *open_reader(live);
  const auto keeps_copy = *open_store(copy, 1);
  write_one(*store);
  backup_store(live, copy);
  write_one(*store);
  const auto before = store->identity();
  store.reset();
  const auto now = restore_store(copy, live, 9000);
  EXPECT_EQ(now.epoch.substr(0, 5), "9000-");
  store = *open_store(live, 9001);
  EXPECT_EQ(head_of(live), 1u);
  EXPECT_EQ(changes_of(*keeps_live->view(), 1, 0, 9).size(), 1u) << "a reader that was there goes on";
  EXPECT_GT(store->identity().boot, before.boot);
  write_one(*store);
  EXPECT_EQ(head_of(live), 2u);
}

TEST_F(RestoreTest, BetweenMemoryAndFilesTheyWorkToo) {
  const std::string memory = "sqlite::memory:copy";
  const auto keeps = *open_store(memory, 1);
  backup_store(place.address, memory);
  EXPECT_EQ(head_of(memory), 5u);
  restore_store(backup, memory, 9000);
  EXPECT_EQ(head_of(memory), 2u);
  backup_store(memory, "sqlite:" + in_folder("third.db"));
  EXPECT_EQ(head_of("sqlite:" + in_folder("third.db")), 2u);
  restore_store(memory, place.address, 9500);
  EXPECT_EQ(head_of(place.address), 2u);
  EXPECT_EQ(place.open()->identity().epoch.substr(0, 5), "9500-");
}

}  // namespace
}  // namespace msync
