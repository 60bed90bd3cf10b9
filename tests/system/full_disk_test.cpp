// The disk becomes full under a running bridge: nothing is acknowledged that is not stored, reads go on, and when
// there is space again, so do writes, by themselves.
#include <filesystem>
#include <fstream>

#include "tests/system/support/mount.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct FullDisk : World {
  FullDisk() : World(BrokerOptions{.persistence = false}) {}

  void SetUp() override {
    if (!mount_small(broker.folder().path(), "size=2m,mode=755")) GTEST_SKIP() << "needs root, to mount";
    write_file(broker.secret_file(), std::string(test_secret) + "\n");  // what was there is hidden now
    World::SetUp();
  }

  void fill() const {
    std::ofstream(filler()) << std::string(4'000'000, 'x');
    std::error_code none;
    ASSERT_EQ(std::filesystem::space(broker.folder().path(), none).available, 0u);
  }
  std::string filler() const { return broker.folder() / "filler"; }
};

TEST_F(FullDisk, WritesWaitUnacknowledgedReadsGoOnAndAllIsStoredOnceThereIsSpace) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  EXPECT_EQ(outcome(a, a.writes("before", {{"text", "1"}})), "applied");
  settle();
  fill();
  const auto first = a.writes("m1", {{"text", std::string(900, 'x')}});
  for (int i = 2; i <= 50; ++i) a.writes("m" + std::to_string(i), {{"text", std::string(900, 'x')}});
  b.writes("of-bob", {{"text", "2"}});
  ASSERT_TRUE(
      eventually([&] { return bridge.log().find("event=store_failed") != std::string::npos; }, 20'000));
  EXPECT_NE(bridge.log().find("free some space"), std::string::npos) << bridge.log();

  auto& late = phone("carol:late");
  EXPECT_EQ(dump(late), server()) << "reads go on";
  EXPECT_EQ(late.replica().documents().size(), 1u);
  EXPECT_FALSE(a.acknowledged(first));
  EXPECT_EQ(a.unacknowledged(), 50u) << "they stay in the phone's outbox";

  std::filesystem::remove(filler());
  ASSERT_TRUE(eventually([&] { return a.unacknowledged() == 0 && b.unacknowledged() == 0; }, 30'000))
      << bridge.log();
  settle();
  EXPECT_NE(bridge.log().find("event=store_recovered"), std::string::npos);
  EXPECT_EQ(a.replica().documents().size(), 52u);
  for (Phone* each : {&a, &b, &late}) EXPECT_EQ(dump(*each), server()) << each->id();
  EXPECT_EQ(a.disconnections() + b.disconnections() + late.disconnections(), 0);
}

// What a bridge that is started again finds is whole, whatever it could not write.
TEST_F(FullDisk, ABridgeKilledOnAFullDiskHasLostNothingItAcknowledged) {
  auto& a = phone("alice:a");
  EXPECT_EQ(outcome(a, a.writes("before", {{"text", "1"}})), "applied");
  fill();
  for (int i = 1; i <= 50; ++i) a.writes("m" + std::to_string(i), {{"text", std::string(900, 'x')}});
  ASSERT_TRUE(
      eventually([&] { return bridge.log().find("event=store_failed") != std::string::npos; }, 20'000));
  bridge.kill();
  std::filesystem::remove(filler());
  bridge.start();
  settle();
  EXPECT_EQ(a.replica().documents().size(), 51u);
  EXPECT_EQ(dump(a), server());
}

}  // namespace
}  // namespace msync::test
