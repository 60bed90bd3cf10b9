// What a bridge that dies leaves behind, and what its next start makes of it.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Crash : World {
  static constexpr int writes = 1000;

  static Mutation like() { return alone(patch("counter", {{"likes", {{"$inc", 1}}}})); }

  void expect_all_exactly_once(Phone& reader) {
    ASSERT_TRUE(
        eventually([&] { return reader.settled() && reader.holds("counter")["likes"] == writes; }, 60'000))
        << "the reader counts " << reader.holds("counter")["likes"] << " of " << writes;
    EXPECT_EQ(reader.replica().documents().size(), static_cast<std::size_t>(writes) + 1);
    EXPECT_EQ(dump(reader), server());
  }

  // Pairs: one write that would show twice by its count, one that would show missing by its name.
  void write_pair(Phone& writer, int i) {
    writer.mutates_all({alone(put("m" + std::to_string(i), {{"text", std::to_string(i)}}, 0)), like()});
  }

  void SetUp() override {
    World::SetUp();
    auto& writer = phone("alice:writer");
    phone("bob:reader");
    EXPECT_EQ(outcome(writer, writer.writes("counter", {{"text", "all"}, {"likes", 0}})), "applied");
    settle();
  }
};

TEST_F(Crash, WritesThatWaitedForADeadBridgeAreAllThereExactlyOnce) {
  auto& writer = phone("alice:writer");
  bridge.kill();
  ASSERT_TRUE(eventually([&] { return !writer.status().online; }));
  for (int i = 0; i < writes; ++i) write_pair(writer, i);
  bridge.start();
  expect_all_exactly_once(phone("bob:reader"));
  settle();
}

TEST_F(Crash, KilledAgainAndAgainBetweenWritesAndTheirDeltasNothingIsLostOrDoubled) {
  auto& writer = phone("alice:writer");
  std::mt19937 dice{2};
  int written = 0;
  for (int kills = 0; kills < 6; ++kills) {
    for (int end = written + writes / 6; written < end; ++written) write_pair(writer, written);
    const auto seen = writer.acks().size();
    const std::size_t more = std::uniform_int_distribution<std::size_t>(1, 30)(dice);
    eventually([&] { return writer.acks().size() >= seen + more || writer.unacknowledged() == 0; });
    bridge.kill();
    bridge.start();
  }
  for (; written < writes; ++written) write_pair(writer, written);
  expect_all_exactly_once(phone("bob:reader"));
  settle();
}

// strace kills the bridge as it enters the n-th fdatasync: the commit is in the log, nobody was told of it.
TEST_F(Crash, KilledBetweenACommitAndItsDeltaTheNextStartPublishesWhatIsMissing) {
  auto& writer = phone("alice:writer");
  int written = 0;
  for (int nth : {1, 2, 3, 5, 8, 13}) {
    EXPECT_EQ(bridge.stop(), 0);
    bridge.wrapper() = {"strace",
                        "-f",
                        "-qq",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=fdatasync",
                        "-e",
                        "inject=fdatasync:signal=KILL:when=" + std::to_string(nth)};
    bridge.launch();
    for (int end = written + 100; written < end && bridge.running(); ++written) {
      write_pair(writer, written);
      const auto n = static_cast<std::uint64_t>(written) * 2 + 3;
      ASSERT_TRUE(eventually([&] { return writer.acknowledged(n) || !bridge.running(); }, 15'000));
    }
    ASSERT_FALSE(bridge.running()) << "strace has killed it at commit " << nth;
    bridge.kill();
    bridge.wrapper().clear();
    bridge.start();
  }
  for (; written < writes; ++written) write_pair(writer, written);
  expect_all_exactly_once(phone("bob:reader"));
  settle();
}

TEST_F(Crash, ABrokerThatForgotEverythingIsFilledAgain) {
  auto& writer = phone("alice:writer");
  for (int i = 0; i < 100; ++i) write_pair(writer, i);
  settle();
  broker.kill();
  std::filesystem::remove(broker.folder() / "mosquitto.db");
  broker.start();
  write_pair(writer, 100);
  settle(30'000);
  auto& late = phone("carol:late");
  EXPECT_EQ(dump(late), server());
  EXPECT_EQ(late.holds("counter")["likes"], 101);
  const bool head = std::any_of(late.received().begin(), late.received().end(), [](const Received& message) {
    return message.topic.ends_with("/log") && message.retained;
  });
  EXPECT_TRUE(head) << "the head is retained again";
}

// Nothing is written afterwards: what is lost, nobody would notice by the next delta.
TEST_F(Crash, ABrokerThatCameBackWithAnOldStoreIsToldTheHeadsThatItLacks) {
  auto& writer = phone("alice:writer");
  const std::string saved = broker.folder() / "mosquitto.db";
  std::filesystem::remove(saved);
  broker.process().signal(SIGUSR1);  // saves its store
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(saved); }));
  const auto old_head = writer.replica().seq();
  write_pair(writer, 0);
  settle();
  broker.kill();
  broker.start();
  const auto retained = client("mosquitto_sub", "carol:sub", {"-t", "chat/42/messages/log", "-C", "1"});
  const std::string head = "\"head\":" + std::to_string(old_head + 2);
  EXPECT_TRUE(eventually([&] { return run(retained).out.find(head) != std::string::npos; }))
      << run(retained).out << bridge.log();
}

TEST_F(Crash, ABridgeThatIsToldToStopFinishesItsBatchAndSaysOffline) {
  auto& writer = phone("alice:writer");
  for (int i = 0; i < writes; ++i) write_pair(writer, i);
  EXPECT_EQ(bridge.stop(), 0) << bridge.log();
  EXPECT_TRUE(eventually([&] { return !writer.status().online; }));
  bridge.start();
  expect_all_exactly_once(phone("bob:reader"));
  settle();
}

}  // namespace
}  // namespace msync::test
