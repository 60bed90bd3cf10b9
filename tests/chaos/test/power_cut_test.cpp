// Power cuts: the store lies on a file system of its own, in a file, which is shut down under load as if the plug were
// pulled. What was not synced is gone; what was acknowledged must not be. Acks get out until the bridge is killed: a file
// system that is being shut down tells some syncs that are under way that all went well, and the store must not believe them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/chaos/check/checker.h"
#include "tests/chaos/check/folder.h"
#include "tests/chaos/run/system.h"
#include "tests/system/support/mount.h"
#include "tests/system/support/wait.h"

namespace msync::chaos {
namespace {

constexpr std::uint64_t writes_before_a_cut = 400;

bool runs(std::vector<std::string> command) {
  return test::run(std::move(command)).code == 0;
}

class PowerCut : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "none");
    // A mount that only this process and its children see goes away with them.
    if (geteuid() != 0 || !test::mount_small(folder_ / "none", "size=4k"))
      GTEST_SKIP() << "mounting needs root";
    std::filesystem::create_directories(store_);
    ASSERT_TRUE(runs({"truncate", "-s", "320M", image_}));
  }
  void TearDown() override {
    system_.reset();
    runs({"umount", store_});
  }

  void start(const std::string& file_system, std::vector<std::string> wrapper) {
    ASSERT_TRUE(runs({"mkfs." + file_system, "-q", file_system == "xfs" ? "-f" : "-F", image_}));
    if (!plug_in()) GTEST_SKIP() << "there is no loop device";
    SystemOptions options;
    options.folder = folder_.path();
    options.bridge = MSYNC_BUILD_DIR "/mosquitto-sync";
    options.clients = 6;
    options.pause_ms = 20;
    options.bridge_wrapper = std::move(wrapper);
    system_ = std::make_unique<System>(std::move(options));
    system_->start();
  }

  bool plug_in() { return runs({"mount", "-o", "loop", image_, store_}); }

  /// Once enough has been acknowledged since the last: the plug is pulled, and put in again.
  void cut() {
    const auto before = facts_.acknowledged();
    EXPECT_TRUE(wait([&] { return facts_.acknowledged() >= before + writes_before_a_cut; }, 60'000));
    ASSERT_TRUE(runs({"xfs_io", "-x", "-c", "shutdown", store_}));
    system_->kill_bridge();
    system_->proxy().cut(system_->clients());
    ASSERT_TRUE(test::eventually([this] { return runs({"umount", store_}); }));
    ASSERT_TRUE(plug_in());
    system_->start_bridge();
  }

  /// Nobody writes any more; what does not hold when all are at rest, or when it is clear that they do not come to it.
  std::vector<Violation> rest(int timeout_ms) {
    system_->set_phase("quiet 1");
    system_->start_reader(1);
    wait([&] { return Checker(facts_).missing(1).empty(); }, timeout_ms);
    return Checker(facts_).verify(1);
  }

  bool wait(const std::function<bool()>& condition, int timeout_ms) {
    std::int64_t looked = 0;
    return test::eventually(
        [&] {
          system_->supervise();
          if (mono_ms() < looked + 100) return false;
          looked = mono_ms();
          histories_.read(facts_);
          return condition();
        },
        timeout_ms);
  }

  test::TempDir folder_;
  const std::string store_ = folder_ / "store", image_ = folder_ / "image";
  Facts facts_;
  Folder histories_{folder_.path()};
  std::unique_ptr<System> system_;
};

class PowerCutOn : public PowerCut, public testing::WithParamInterface<const char*> {};

TEST_P(PowerCutOn, LosesNothingThatWasAcknowledged) {
  start(GetParam(), {});
  if (IsSkipped() || HasFatalFailure()) return;
  for (int i = 0; i < 3; ++i) cut();
  for (const auto& v : rest(90'000))
    ADD_FAILURE() << v.invariant << " " << v.scope << " " << v.id << ": " << v.what;
}

INSTANTIATE_TEST_SUITE_P(FileSystem, PowerCutOn, testing::Values("xfs", "ext4"),
                         [](const auto& which) { return std::string(which.param); });

// Without syncs something is lost, and the checker says so. Otherwise the test above would prove nothing.
TEST_F(PowerCut, ControlWithoutSyncsLosesSomething) {
  start("xfs", {"eatmydata"});
  if (IsSkipped() || HasFatalFailure()) return;
  cut();
  EXPECT_FALSE(rest(25'000).empty());
}

}  // namespace
}  // namespace msync::chaos
