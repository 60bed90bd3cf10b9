// What the system can do to a store: kill its process at any write, fail its syncs, run out of space, take the
// right to write away, keep its log from being reclaimed.
//
// A writer process (support/pair_writer.h) commits and prints what returned; whatever happens to it, that must be in its store.
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
#include "tests/system/support/pair_writer.h"
#include "tests/system/support/process.h"
#include "tests/system/support/wait.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;
using test::commit_pair;
using test::Finished;
using test::mount_small;
using test::TempDir;
using test::whole_head;

StoreError store_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error;
  }
  ADD_FAILURE() << "no StoreError";
  return {Kind::other, ""};
}

struct Written {
  std::uint64_t acked = 0;
  int errors = 0;
  std::string first_error;
  int code = 0;
};

/// The writer under strace, which makes a system call fail; with a path, only those that concern it.
Written write_under(const std::string& injection, const std::string& file, int commits,
                    const std::string& path = "") {
  const std::string call = injection.substr(0, injection.find(':'));
  std::vector<std::string> command = {"strace", "-qq",           "-o", "/dev/null",
                                      "-e",     "trace=" + call, "-e", "inject=" + injection};
  if (!path.empty()) command.insert(command.end(), {"-P", path});
  for (auto& word : test::command_of({file, commits})) command.push_back(std::move(word));
  const Finished run = test::run(std::move(command));
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

TEST_F(StoreFaults, ACommitIsNotReportedWhenItsFileSystemHasShutItselfDown) {
  // Its sync said that all went well. The lock file lies beside it, and is read after each commit: here the 9th time.
  const auto written = write_under("pread64:error=EIO:when=9", file, 20, file + ".lock");
  EXPECT_EQ(written.code, 0) << "it must go on after reopening";
  EXPECT_EQ(written.errors, 1);
  EXPECT_TRUE(written.first_error.starts_with("error " + std::to_string(static_cast<int>(Kind::unreadable))))
      << written.first_error;
  EXPECT_EQ(whole_head(file), written.acked);
}

TEST_F(StoreFaults, AMediumThatCannotBeReadIsNotCalledDamaged) {
  int failed = 0;
  for (const char* path : {"", "-wal"}) {
    for (const int n : {1, 2, 3, 5, 8}) {
      const std::string store = file + path + std::to_string(n);
      const auto before = write_under("fdatasync:signal=KILL:when=20", store, 20);  // it leaves a log
      const auto written = write_under("pread64:error=EIO:when=" + std::to_string(n), store, 2, store + path);
      EXPECT_EQ(written.code, 0) << "it must go on after reopening";
      if (written.errors > 0) {
        ++failed;
        EXPECT_TRUE(
            written.first_error.starts_with("error " + std::to_string(static_cast<int>(Kind::unreadable))))
            << written.first_error;
        EXPECT_EQ(written.first_error.find("backup"), std::string::npos) << written.first_error;
      }
      EXPECT_GE(whole_head(store), before.acked + 4);
    }
  }
  EXPECT_GE(failed, 6) << "most of these must have hit";
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
    EXPECT_EQ(reader->view()->scope(test::pair_topic)->seq, acked);
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
