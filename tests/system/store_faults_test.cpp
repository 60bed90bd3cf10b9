// What the system can do to a store: kill its process at any write, fail its syncs, run out of space, take the
// right to write away, keep its log from being reclaimed.
//
// A writer process (the disabled test below, started again from this binary) commits pairs of entities and prints
// each commit that returned. Whatever happens to it, the store must then hold whole pairs, without a gap, and at
// least what was printed: that is what the bridge builds its acknowledgements on.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "bridge/store/sqlite_db.h"
#include "bridge/store/store.h"
#include "tests/system/support/mount.h"
#include "tests/system/support/process.h"
#include "tests/system/support/wait.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;
using test::Finished;
using test::mount_small;
using test::TempDir;

constexpr const char* topic = "chat/42/messages";

Entity entity_at(std::uint64_t seq, const std::string& text) {
  Entity entity;
  entity.version = entity.edited = 1;
  entity.seq = seq;
  entity.data = Json{{"text", text}};
  return entity;
}

ReplicaKey key_in(const ScopeRow& scope) {
  return {"alice", "b3c1a2b4c3d4e5f6", scope.id};
}

/// One transaction: two entities, the scope's head, the replica's number.
std::uint64_t commit_pair(Store& store, const std::string& text = std::string(250, 'x')) {
  store.begin();
  ScopeRow scope = store.scope(topic, "chat");
  for (int i = 0; i < 2; ++i) {
    scope.seq += 1;
    store.save(scope.id, "m" + std::to_string(scope.seq), entity_at(scope.seq, text), 1);
  }
  store.save(scope);
  store.save_replica_n(key_in(scope), scope.seq / 2);
  store.commit();
  return scope.seq;
}

/// The head, after looking that the store is whole up to it.
std::uint64_t whole_head(const std::string& file) {
  const auto store = *open_store("sqlite:" + file, 1);
  store->begin();
  const ScopeRow scope = store->scope(topic, "chat");
  EXPECT_EQ(scope.seq % 2, 0u) << "half a transaction";
  EXPECT_EQ(store->replica_n(key_in(scope)), scope.seq / 2);
  store->commit();
  const auto reader = *open_reader("sqlite:" + file);
  std::uint64_t last = 0;
  reader->view()->changes(scope.id, 0, UINT64_MAX, [&](Change&& change) {
    EXPECT_EQ(change.seq, ++last);
    EXPECT_EQ(change.id, "m" + std::to_string(last));
    return true;
  });
  EXPECT_EQ(last, scope.seq);
  return scope.seq;
}

StoreError store_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error;
  }
  ADD_FAILURE() << "no StoreError";
  return {Kind::other, ""};
}

/// Like the pipeline: after an error the store is closed, opened again and asked how far it came.
void write_pairs(const std::string& file, int commits) {
  std::unique_ptr<Store> store;
  for (int tries = 0; commits > 0 && tries < commits + 200; ++tries) try {
      if (!store) store = *open_store("sqlite:" + file, 1);
      std::printf("acked %llu\n", static_cast<unsigned long long>(commit_pair(*store)));
      std::fflush(stdout);
      --commits;
    } catch (const StoreError& error) {
      std::printf("error %d %s\n", static_cast<int>(error.kind), error.what());
      std::fflush(stdout);
      store.reset();
    }
}

TEST(StoreWriter, DISABLED_CommitsPairs) {
  write_pairs(std::getenv("MSYNC_TEST_STORE"), std::atoi(std::getenv("MSYNC_TEST_COMMITS")));
}

struct Written {
  std::uint64_t acked = 0;
  int errors = 0;
  std::string first_error;
  int code = 0;
};

/// The writer under strace, which makes a system call fail.
Written write_under(const std::string& injection, const std::string& file, int commits) {
  const std::string binary = std::filesystem::read_symlink("/proc/self/exe");
  const std::string call = injection.substr(0, injection.find(':'));
  const Finished run =
      test::run({"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + injection,
                 binary, "--gtest_also_run_disabled_tests", "--gtest_filter=StoreWriter.*"},
                {{"MSYNC_TEST_STORE=" + file, "MSYNC_TEST_COMMITS=" + std::to_string(commits)}});
  Written written;
  written.code = run.code;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("acked ")) written.acked = std::stoull(line.substr(6));
    if (line.starts_with("error ") && written.errors++ == 0) written.first_error = line;
  }
  return written;
}

class StoreFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("strace -qq -o /dev/null true 2>/dev/null") != 0)
      GTEST_SKIP() << "strace cannot trace here";
  }
  TempDir folder;
  const std::string file = folder / "store.db";
};

TEST_F(StoreFaults, KilledAtAnySyncOrWriteWhatReturnedIsThereAndNothingIsHalf) {
  int killed = 0;
  for (const char* call : {"fdatasync", "pwrite64"}) {
    for (const int n : {1, 2, 3, 4, 6, 9, 14, 21, 33}) {
      const std::string store = file + "." + call + std::to_string(n);
      const auto written =
          write_under(std::string(call) + ":signal=KILL:when=" + std::to_string(n), store, 10);
      killed += written.code != 0;
      EXPECT_GE(whole_head(store), written.acked) << call << " " << n;
    }
  }
  EXPECT_GE(killed, 12) << "most of these must have hit";
}

TEST_F(StoreFaults, ASyncThatFailsLeavesTheFateOfItsCommitToBeLookedUp) {
  for (const int n : {3, 4, 7, 10}) {  // while it is made, and in commits
    const std::string store = file + std::to_string(n);
    const auto written = write_under("fdatasync:error=EIO:when=" + std::to_string(n), store, 20);
    EXPECT_EQ(written.code, 0) << "it must go on after reopening";
    EXPECT_EQ(written.errors, 1) << n;
    EXPECT_TRUE(written.first_error.starts_with("error " + std::to_string(static_cast<int>(Kind::other))))
        << written.first_error;
    EXPECT_EQ(whole_head(store), written.acked);
    EXPECT_GE(written.acked, 40u);
  }
}

TEST_F(StoreFaults, WritesWithoutSpaceAreCalledSoAndTheStoreGoesOnWhenThereIsSome) {
  const auto written = write_under("pwrite64:error=ENOSPC:when=40..60", file, 20);
  EXPECT_EQ(written.code, 0);
  EXPECT_GE(written.errors, 1);
  EXPECT_TRUE(written.first_error.starts_with("error " + std::to_string(static_cast<int>(Kind::full))))
      << written.first_error;
  EXPECT_EQ(whole_head(file), written.acked);
}

TEST(StoreMedium, AFullFileSystemStopsWritesNotReadsAndLosesNothing) {
  const TempDir folder;
  if (!mount_small(folder.path(), "size=1m")) GTEST_SKIP() << "needs root, to mount a small file system";
  const std::string file = folder / "store.db";
  std::uint64_t acked = 0;
  {
    const auto store = *open_store("sqlite:" + file, 1);
    std::ofstream(folder / "filler") << std::string(400'000, 'x');
    const auto error = store_error([&] {
      for (;;) acked = commit_pair(*store);
    });
    EXPECT_EQ(error.kind, Kind::full) << error.what();
    EXPECT_NE(std::string(error.what()).find("free some space"), std::string::npos);
    store->rollback();
    EXPECT_GT(acked, 0u);
    const auto reader = *open_reader("sqlite:" + file);
    EXPECT_EQ(reader->view()->scope(topic)->seq, acked);
    std::filesystem::remove(folder / "filler");
    acked = commit_pair(*store);  // the same store goes on
  }
  EXPECT_EQ(whole_head(file), acked);
}

TEST(StoreMedium, AMediumThatBecameReadOnlyIsNamed) {
  const TempDir folder;
  if (!mount_small(folder.path(), "size=8m")) GTEST_SKIP() << "needs root, to mount a file system";
  const std::string file = folder / "store.db";
  commit_pair(**open_store("sqlite:" + file, 1));
  ASSERT_EQ(mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(store_error([&] { *open_store("sqlite:" + file, 1); }).kind, Kind::unwritable);
  EXPECT_EQ(store_error([&] { *open_reader("sqlite:" + file); }).kind, Kind::unwritable);
}

TEST(StoreMedium, AnothersLockIsWaitedForThenReportedAndNothingIsLost) {
  const TempDir folder;
  const std::string file = folder / "store.db";
  const auto store = *open_store("sqlite:" + file, 1);
  commit_pair(*store);
  sqlite::Connection shell(file, sqlite::Connection::Mode::write);
  shell.run("BEGIN IMMEDIATE");
  EXPECT_EQ(store_error([&] { store->begin(); }).kind, Kind::busy);
  shell.run("ROLLBACK");
  EXPECT_EQ(commit_pair(*store), 4u);
}

// SQLite's own checkpoints leave what some reader may still need; with one always there, the log would grow on.
TEST(StoreMedium, TheLogStaysBoundedWhileReadersOverlap) {
  const TempDir folder;
  const std::string file = folder / "store.db";
  const auto store = *open_store("sqlite:" + file, 1);
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 10; ++i) commit_pair(*store, large);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const auto reader = *open_reader("sqlite:" + file);
      // Pages are small: what stays open longer than limits::store_checkpoint_wait_ms is not promised anything.
      while (!done) reader->view()->changes(1, 0, 20, [](Change&&) { return false; });
    });
  }
  std::uintmax_t longest = 0;
  for (int i = 0; i < 100; ++i) {
    commit_pair(*store, large);
    longest = std::max(longest, std::filesystem::file_size(file + "-wal"));
  }
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_LT(longest, limits::store_wal_bytes * 5 / 2);
}

}  // namespace
}  // namespace msync
