// The commands as a person runs them: exit codes, what they print, what they leave behind.
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

using Commands = World;

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";

std::vector<std::string> as(const Broker& broker, const std::string& command, const std::string& user,
                            std::vector<std::string> more) {
  std::vector<std::string> arguments{
      program, command, "--broker", broker.url(), "--secret-file", broker.secret_file(),
      "--sub", user,    "--wait",   "20s"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_F(Commands, ImportSaysWhatWasNotStoredAndLeavesAloneWhatIsThere) {
  const std::string file = broker.folder() / "m.jsonl";
  write_file(file, "{\"id\":\"a\",\"data\":{\"text\":\"1\"}}\n{\"id\":\"b\",\"data\":{\"txt\":\"2\"}}\n");
  const auto import =
      as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "chat/42/messages", file});
  const auto first = run(import);
  EXPECT_EQ(first.code, EX_DATAERR) << first.err;
  EXPECT_NE(first.out.find("1 applied, 0 unchanged, 1 not stored"), std::string::npos) << first.out;
  EXPECT_NE(first.err.find("not stored: b: invalid"), std::string::npos) << first.err;
  const auto second = run(import);
  EXPECT_NE(second.out.find("0 applied, 1 unchanged, 1 not stored"), std::string::npos) << second.out;
}

TEST_F(Commands, AnImportOutlivesItsBridgeAndItsBroker) {
  constexpr int count = 40'000;
  const std::string file = broker.folder() / "m.jsonl";
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += to_text({{"id", "d" + std::to_string(i)}, {"data", {{"text", std::to_string(i)}}}}) + "\n";
  write_file(file, lines);
  Process import(as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "chat/42/messages", file}));
  const auto stored = [&] {
    const auto done = run({program, "export", "--store", bridge.store(), "--scope", "chat/42/messages"});
    return std::count(done.out.begin(), done.out.end(), '\n');
  };
  ASSERT_TRUE(eventually([&] { return stored() > 0; }));
  bridge.kill();
  EXPECT_TRUE(import.running()) << "too late to disturb it";
  const auto before = stored();
  bridge.start();
  ASSERT_TRUE(eventually([&] { return stored() > before; }));
  broker.kill();
  EXPECT_TRUE(import.running()) << "too late to disturb it";
  broker.start();
  EXPECT_EQ(import.wait(120'000), 0) << import.err();
  EXPECT_NE(import.out().find("40000 applied, 0 unchanged, 0 not stored, of 40000"), std::string::npos)
      << import.out();
  EXPECT_EQ(stored(), count);
}

TEST_F(Commands, AnImportThatWasInterruptedGoesOnWhenItIsRunAgain) {
  const std::string file = broker.folder() / "m.jsonl";
  std::string lines;
  for (int i = 0; i < 40'000; ++i)
    lines += to_text({{"id", "d" + std::to_string(i)}, {"data", {{"text", std::to_string(i)}}}}) + "\n";
  write_file(file, lines);
  const auto arguments =
      as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "chat/42/messages", file});
  auto& bob = new_phone("bob:b", {});
  Process first(arguments);
  ASSERT_TRUE(eventually([&] { return bob.replica().documents().size() > 1'000; }));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait(), 130) << first.err();
  EXPECT_NE(first.err().find("run it again"), std::string::npos) << first.err();
  const auto second = run(arguments);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out.find(" 0 unchanged"), std::string::npos) << second.out;
  EXPECT_NE(second.out.find("0 not stored, of 40000"), std::string::npos) << second.out;
}

TEST_F(Commands, ImportSendsNothingOfAFileWithAMistake) {
  const std::string file = broker.folder() / "m.jsonl";
  write_file(file, "{\"id\":\"a\",\"data\":{\"text\":\"1\"}}\nnonsense\n");
  const auto done =
      run(as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "chat/42/messages", file}));
  EXPECT_EQ(done.code, EX_DATAERR);
  EXPECT_NE(done.err.find("line 2"), std::string::npos) << done.err;
  EXPECT_EQ(run({program, "export", "--store", bridge.store(), "--scope", "chat/42/messages"}).code,
            EX_DATAERR);
}

TEST_F(Commands, WhoHasNoRightIsToldSoAtOnce) {
  const std::string file = broker.folder() / "m.jsonl";
  write_file(file, "{\"id\":\"a\",\"data\":{\"text\":\"1\"}}\n");
  EXPECT_EQ(
      run(as(broker, "import", "alice", {"--claim", "rooms=43", "--scope", "chat/42/messages", file})).code,
      EX_NOPERM);
  EXPECT_EQ(run(as(broker, "watch", "alice", {"--claim", "rooms=43", "chat/42/messages"})).code, EX_NOPERM);
}

TEST_F(Commands, WatchShowsWhatIsThereAndWhatComes) {
  auto& alice = new_phone("alice:a", {});
  alice.writes("before", {{"text", "x"}});
  ASSERT_TRUE(eventually([&] { return alice.settled(); }));
  Process watch(as(broker, "watch", "bob", {"--claim", "rooms=42", "--json", "chat/42/messages"}));
  const auto shows = [&](const std::string& part) {
    return eventually([&] { return watch.out().find(part) != std::string::npos; });
  };
  EXPECT_TRUE(shows(R"("id":"before","op":"have")")) << watch.out() << watch.err();
  alice.writes("after", {{"text", "y"}});
  EXPECT_TRUE(shows(R"("id":"after","op":"create")")) << watch.out() << watch.err();
  alice.deletes("before");
  EXPECT_TRUE(shows(R"("id":"before","op":"delete")")) << watch.out() << watch.err();
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(), 0);
}

TEST_F(Commands, WatchShowsEachChangeOnceInOrderOverAFailureToo) {
  auto& alice = new_phone("alice:a", {});
  Process watch(as(broker, "watch", "bob", {"--claim", "rooms=42", "--json", "chat/42/messages"}));
  ASSERT_TRUE(eventually([&] { return watch.err().find("waiting for changes") != std::string::npos; }));
  alice.writes("a", {{"text", "1"}});
  ASSERT_TRUE(eventually([&] { return watch.out().find(R"("id":"a")") != std::string::npos; }));
  broker.kill();
  broker.start();
  ASSERT_TRUE(bridge.wait_until_online());
  alice.writes("b", {{"text", "2"}});
  alice.writes("c", {{"text", "3"}});
  ASSERT_TRUE(eventually([&] { return watch.out().find(R"("id":"c")") != std::string::npos; }, 60'000))
      << watch.out() << watch.err();
  EXPECT_NE(watch.err().find("# not connected"), std::string::npos) << watch.err();
  EXPECT_EQ(watch.terminate(), 0);
  std::istringstream lines(watch.out());
  std::vector<int> shown;
  for (std::string line; std::getline(lines, line);) shown.push_back(Json::parse(line)["seq"]);
  EXPECT_EQ(shown, (std::vector{1, 2, 3})) << watch.out();
}

struct WriteOnly : World {
  WriteOnly() : World({.schemas = MSYNC_SOURCE_DIR "/tests/conformance/schemas"}) {}
};

TEST_F(WriteOnly, WithoutTheRightToReadEveryDocumentIsSentAsANewOne) {
  const std::string file = broker.folder() / "r.jsonl";
  write_file(file, "{\"id\":\"a\",\"data\":{\"c\":1}}\n{\"id\":\"b\",\"data\":{\"c\":2}}\n");
  const auto import =
      as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "house/42/readings", file});
  const auto first = run(import);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.err.find("no right to read"), std::string::npos) << first.err;
  EXPECT_NE(first.out.find("2 applied, 0 unchanged, 0 not stored"), std::string::npos) << first.out;
  const auto again = run(import);
  EXPECT_NE(again.out.find("0 unchanged"), std::string::npos) << again.out;
}

TEST_F(Commands, ExportWritesWhatImportReads) {
  auto& alice = new_phone("alice:a", {});
  alice.writes("a", {{"text", "x"}});
  alice.writes("b", {{"text", "y"}});
  alice.deletes("b");
  ASSERT_TRUE(eventually([&] { return alice.settled(); }));
  const auto all = run({program, "export", "--store", bridge.store(), "--tombstones"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_NE(all.out.find(R"("id":"b")"), std::string::npos);
  const auto living = run({program, "export", "--store", bridge.store(), "--scope", "chat/42/messages"});
  EXPECT_EQ(living.out.find(R"("id":"b")"), std::string::npos) << living.out;
  const std::string file = broker.folder() / "m.jsonl";
  write_file(file, all.out);
  const auto back =
      run(as(broker, "import", "alice", {"--claim", "rooms=42", "--scope", "chat/42/messages", file}));
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_NE(back.out.find("0 applied, 2 unchanged"), std::string::npos) << back.out;
}

TEST(CommandLine, WrongUsageAndWhatThisVersionLacksEndWith64) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {program},
           {program, "frobnicate"},
           {program, "token"},
           {program, "bridge", "--cell", "west"},
           {program, "bridge", "--schemas", "s", "--secret-file", "k", "--store", "postgresql://db"},
           {program, "export", "--store", "postgresql://db"},
           {program, "watch", "--broker", "localhost", "--token-file", "t", "chat/42/messages"}}) {
    const auto done = run(arguments);
    EXPECT_EQ(done.code, EX_USAGE) << done.err;
    EXPECT_FALSE(done.err.empty());
  }
  EXPECT_EQ(run({program, "--version"}).code, 0);
  EXPECT_EQ(run({program, "import", "--help"}).code, 0);
}

TEST(CommandLine, WithoutABrokerACommandGivesUpAfterItsWait) {
  Broker broker;
  const auto done = run({program, "watch", "--broker", broker.url(), "--secret-file", broker.secret_file(),
                         "--sub", "bob", "--wait", "1s", "chat/42/messages"});
  EXPECT_EQ(done.code, EX_UNAVAILABLE) << done.err;
}

TEST(CommandLine, CheckNamesCollectionsOrEveryMistake) {
  const auto good = run({program, "check", "--schemas", MSYNC_SOURCE_DIR "/schemas"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("messages  chat/{room}/messages  lww"), std::string::npos) << good.out;
  TempDir folder;
  write_file(folder / "mosquitto.conf", "per_listener_settings true\n");
  const auto bad = run({program, "check", "--schemas", MSYNC_SOURCE_DIR "/schemas", "--mosquitto-conf",
                        folder / "mosquitto.conf"});
  EXPECT_EQ(bad.code, EX_CONFIG);
  EXPECT_NE(bad.err.find("line 1"), std::string::npos) << bad.err;
}

}  // namespace
}  // namespace msync::test
