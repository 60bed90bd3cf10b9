// Backup beside writing phones, restore, and what the phones make of it. docs/protocol.md, "What a client does", 6.
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "bridge/store/store.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";

struct Backup : World {
  std::string target() const { return broker.folder() / "backup.db"; }
  Finished backup() { return run({program, "backup", "--store", bridge.store(), target()}); }
  Finished restore() { return run({program, "restore", "--store", bridge.store(), target()}); }

  std::vector<std::string> as_alice(const std::string& command, std::vector<std::string> more) {
    std::vector<std::string> arguments{
        program, command, "--broker", broker.url(), "--secret-file", broker.secret_file(),
        "--sub", "alice", "--claim",  "rooms=42",   "--wait",        "20s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

TEST_F(Backup, PhonesConvergeToWhatWasRestoredAndKeepWhatTheyHaveNotSent) {
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  auto& away = phone("alice:away");
  for (Phone* each : {&alice, &bob, &away}) each->expects_a_restore();
  outcome(alice, alice.writes("kept", {{"text", "1"}}));
  settle();

  // Beside a running bridge, while somebody writes.
  Process copy({program, "backup", "--store", bridge.store(), target()});
  int written = 0;
  ASSERT_TRUE(eventually([&] {
    bob.writes("during" + std::to_string(written++ % 50), {{"text", "x"}});
    return !copy.running();
  }));
  EXPECT_EQ(copy.wait(), 0) << copy.err();
  settle();

  const auto lost = alice.writes("kept", {{"text", "2"}});
  EXPECT_EQ(outcome(alice, lost), "applied");
  EXPECT_EQ(outcome(bob, bob.writes("lost", {{"text", "x"}})), "applied");
  settle();
  away.goes_offline();
  away.writes("unsent", {{"text", "mine"}});
  away.writes("kept", {{"text", "3"}});
  const std::string before = bridge.status().epoch;

  EXPECT_EQ(bridge.stop(), 0);
  const auto restored = restore();
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_NE(restored.out.find("before-restore"), std::string::npos) << restored.out;
  bridge.start();
  EXPECT_GT(bridge.status().epoch, before);

  away.goes_online();
  EXPECT_TRUE(eventually([&] {
    return std::all_of(phones.begin(), phones.end(), [&](const auto& entry) {
      return entry.second->status().epoch == bridge.status().epoch;
    });
  }));
  settle();
  for (Phone* each : {&alice, &bob, &away}) {
    EXPECT_EQ(each->replica().epoch(), bridge.status().epoch);
    EXPECT_EQ(dump(*each), server()) << each->id();
  }
  EXPECT_EQ(alice.holds("lost"), Json()) << "written after the backup";
  EXPECT_EQ(alice.lost(), std::vector{lost}) << "and its writer can say so";
  EXPECT_EQ(alice.holds("unsent")["text"], "mine");
  EXPECT_EQ(alice.holds("kept")["text"], "3") << "on top of the restored version";
  EXPECT_EQ(outcome(bob, bob.writes("after", {{"text", "x"}})), "applied");
  settle();
  EXPECT_EQ(dump(alice), server());
}

TEST_F(Backup, WatchSeesTheNewEpochAndImportGoesOn) {
  const std::string file = broker.folder() / "m.jsonl";
  write_file(file, "{\"id\":\"a\",\"data\":{\"text\":\"1\"}}\n");
  const auto import = as_alice("import", {"--scope", "chat/42/messages", file});
  EXPECT_EQ(run(import).code, 0);
  EXPECT_EQ(backup().code, 0);
  write_file(file, "{\"id\":\"b\",\"data\":{\"text\":\"2\"}}\n");
  EXPECT_EQ(run(import).code, 0);
  Process watch(as_alice("watch", {"chat/42/messages"}));
  ASSERT_TRUE(eventually([&] { return watch.out().find("b ") != std::string::npos; })) << watch.err();

  EXPECT_EQ(bridge.stop(), 0);
  EXPECT_EQ(restore().code, 0);
  bridge.start();
  ASSERT_TRUE(eventually([&] { return watch.out().find("gone") != std::string::npos; }))
      << watch.out() << watch.err();
  EXPECT_NE(watch.err().find(bridge.status().epoch), std::string::npos) << watch.err();

  const auto again = run(import);
  EXPECT_NE(again.out.find("1 applied"), std::string::npos) << again.out << again.err;
  EXPECT_TRUE(eventually([&] { return server().find("b version 1") != std::string::npos; })) << server();
  watch.terminate();
}

TEST_F(Backup, RestoreIsRefusedWhileTheBridgeRuns) {
  EXPECT_EQ(backup().code, 0);
  const auto refused = restore();
  EXPECT_EQ(refused.code, EX_UNAVAILABLE);
  EXPECT_NE(refused.err.find("in use by another bridge"), std::string::npos) << refused.err;
}

TEST_F(Backup, AnExistingFileIsRefused) {
  write_file(target(), "precious");
  const auto refused = backup();
  EXPECT_EQ(refused.code, EX_UNAVAILABLE);
  EXPECT_EQ(read_whole(target()), "precious");
}

// strace kills the restore as it enters each of its calls that make a difference.
TEST_F(Backup, ARestoreThatIsKilledLeavesTheOldStoreOrTheNewOne) {
  auto& alice = phone("alice:a");
  alice.expects_a_restore();
  outcome(alice, alice.writes("old", {{"text", "1"}}));
  EXPECT_EQ(backup().code, 0);
  outcome(alice, alice.writes("new", {{"text", "2"}}));
  const std::string after = server();
  EXPECT_EQ(bridge.stop(), 0);
  int killed = 0;
  for (const char* call : {"link", "renameat2", "fsync", "fdatasync", "unlink"}) {
    for (int nth = 1; nth < 20; ++nth) {
      const auto done = run({"strace", "-f", "-qq", "-o", "/dev/null", "-e", std::string("trace=") + call,
                             "-e", std::string("inject=") + call + ":signal=KILL:when=" + std::to_string(nth),
                             program, "restore", "--store", bridge.store(), target()});
      const std::string found = server();
      EXPECT_TRUE(found == after || found.find("new") == std::string::npos) << call << nth << "\n" << found;
      EXPECT_NE(found.find("old"), std::string::npos) << call << " " << nth;
      if (done.code == 0) break;
      killed += 1;
    }
  }
  EXPECT_GT(killed, 6);
  bridge.start();
  EXPECT_TRUE(eventually([&] { return alice.status().epoch == bridge.status().epoch; }));
  settle();
  EXPECT_EQ(dump(alice), server());
}

}  // namespace
}  // namespace msync::test
