// Power cuts at any moment, by the strictest reading of what a system promises: every write and sync of a process that commits
// is noted (strace), and the disk is made anew as it may be after each of them: with what was synced, and with any part
// of what was not. What had been reported as committed must be in it.
//
// Chaos pulls the plug of a real file system under the whole bridge (docs/chaos.md); here no file system is believed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/system/support/pair_writer.h"
#include "tests/system/support/process.h"
#include "tests/system/support/synced_disk.h"
#include "tests/system/support/wait.h"

namespace msync::test {
namespace {

using Left = SyncedDisk::Left;

constexpr std::uint64_t writes_between_cuts = 7;

class PowerLoss : public testing::Test {
 protected:
  void SetUp() override {
    if (run({"strace", "-qq", "-o", "/dev/null", "true"}).code != 0)
      GTEST_SKIP() << "strace cannot trace here";
    std::filesystem::create_directories(store_);
  }

  /// What a process that makes these commits did.
  void write(const PairWriter& writer) {
    std::vector<std::string> command = {
        "strace",  "-qq", "-y", "-xx", "-s",
        "1000000", "-o",  log_, "-e",  "trace=openat,pwrite64,ftruncate,unlink,fsync,fdatasync,write"};
    for (auto& word : command_of(writer)) command.push_back(std::move(word));
    ASSERT_EQ(run(std::move(command)).code, 0);
  }

  /// Goes along the log; `cut` is called where the power may go.
  void replay(const std::string& ignored, const std::function<void(const SyncedDisk&, Left)>& cut) {
    SyncedDisk disk(store_, ignored);
    std::ifstream log(log_);
    std::uint64_t writes = 0;
    SyncedDisk::Event event;
    acked_ = 0;
    for (std::string line; std::getline(log, line);) {
      if (!SyncedDisk::parse(line, event)) continue;
      const bool syncs = event.call == "fdatasync" || event.call == "fsync";
      if (syncs || (event.call == "pwrite64" && ++writes % writes_between_cuts == 0)) cut(disk, Left::some);
      disk.take(event);
      if (event.call != "write" || !event.bytes.starts_with("acked ")) continue;
      acked_ = std::stoull(event.bytes.substr(6));
      for (const Left left : {Left::synced, Left::all, Left::some}) cut(disk, left);
    }
  }

  /// The head of the store that a cut left.
  std::uint64_t head_after(const SyncedDisk& disk, Left left) {
    const TempDir after;
    disk.leave(after.path(), left, dice_);
    // The index of the log is memory: after a power cut it is anything.
    write_file(after / "store.db-shm", std::string(32'768, static_cast<char>(dice_())));
    return whole_head(after / "store.db");
  }

  const TempDir folder_;
  const std::string store_ = folder_ / "store", file_ = store_ + "/store.db", log_ = folder_ / "log";
  std::uint64_t acked_ = 0;
  std::mt19937_64 dice_{4711};
};

TEST_F(PowerLoss, AtAnyMomentWhatReturnedIsThereAndNothingIsHalf) {
  write({file_, 24, 5, 9});
  std::uint64_t cuts = 0;
  replay("", [&](const SyncedDisk& disk, Left left) {
    ++cuts;
    if (HasFailure()) return;
    EXPECT_GE(head_after(disk, left), acked_) << "cut " << cuts;
  });
  EXPECT_EQ(acked_, 48u);
  EXPECT_GE(cuts, 120u);
}

// Otherwise the test above would prove nothing: each of these syncs is needed.
TEST_F(PowerLoss, ControlASyncThatIsALieLosesSomething) {
  write({file_, 3, 0, 0});
  for (const std::string& lie : {file_ + "-wal", store_}) {
    bool lost = false;
    replay(lie, [&](const SyncedDisk& disk, Left left) {
      if (left == Left::synced && !lost) lost = head_after(disk, left) < acked_;
    });
    EXPECT_TRUE(lost) << lie;
  }
}

}  // namespace
}  // namespace msync::test
