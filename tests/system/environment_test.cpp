// A broken environment: files with mistakes, a broker that is not there, a store that does not take writes.

#include <filesystem>

#include "bridge/store/store.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr int exit_configuration = 78;

struct Environment : World {
  void SetUp() override {}  // each test starts what it needs

  // A schemas folder with one file.
  std::string schemas(const std::string& content) {
    const std::string folder = broker.folder() / "schemas";
    std::filesystem::create_directory(folder);
    write_file(folder + "/notes.json", content);
    return folder;
  }

  void expect_refused(const std::string& content, const std::vector<std::string>& words) {
    broker.options().schemas = schemas(content);
    bridge.schemas() = broker.options().schemas;
    EXPECT_NE(broker.start_and_fail(), 0);
    EXPECT_EQ(bridge.start_and_fail(), exit_configuration);
    for (const std::string& log : {broker.log(), bridge.log()}) {
      EXPECT_NE(log.find("notes.json"), log.npos) << log;
      for (const auto& word : words) EXPECT_NE(log.find(word), log.npos) << word << " in\n" << log;
    }
  }
};

TEST_F(Environment, ASchemaFileThatIsNotJsonRefusesToStartAndNamesFileAndPlace) {
  expect_refused("{\n  \"type\": object\n}", {"line 2"});
}

TEST_F(Environment, AnUnknownKeyInXSyncRefusesToStartAndNamesIt) {
  expect_refused(R"({"type":"object","x-sync":{"topic":"notes/{user}","access":[],"conflct":"lww"}})",
                 {"/x-sync/conflct"});
}

TEST_F(Environment, AMissingTopicRefusesToStart) {
  expect_refused(R"({"type":"object","x-sync":{"access":[{"allow":["read"]}]}})", {"/x-sync", "topic"});
}

TEST_F(Environment, AnUnknownVariableInAGrantRefusesToStart) {
  expect_refused(
      R"({"type":"object","x-sync":{"topic":"notes/{user}","access":[{"allow":["read"],"where":{"usr":"$user"}}]}})",
      {"usr"});
}

TEST_F(Environment, WithoutABrokerTheBridgeKeepsTryingAndSaysSo) {
  bridge.launch();
  ASSERT_TRUE(eventually([&] {
    return bridge.log().find("127.0.0.1:" + std::to_string(broker.port())) != std::string::npos;
  })) << bridge.log();
  EXPECT_TRUE(bridge.running());
  broker.start();
  EXPECT_TRUE(bridge.wait_until_online(30'000)) << bridge.log();
  auto& a = phone("alice:a");
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "at last"}})), "applied");
}

TEST_F(Environment, ABrokerThatComesBackIsUsedAgainAndNothingIsLost) {
  broker.start();
  bridge.start();
  auto& a = phone("alice:a");
  a.writes("m1", {{"text", "before"}});
  settle();
  broker.stop();
  a.writes("m2", {{"text", "meanwhile"}});
  broker.start();
  settle(30'000);
  EXPECT_EQ(outcome(a, a.writes("m3", {{"text", "after"}})), "applied");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 3u);
  EXPECT_EQ(dump(a), server());
}

TEST_F(Environment, OnABrokerWithoutThePluginTheBridgeDoesNotWorkAndSaysWhy) {
  broker.options().plugin = false;
  broker.start();
  bridge.launch();
  EXPECT_TRUE(eventually([&] { return bridge.log().find("mosquitto_sync.so") != std::string::npos; }, 20'000))
      << bridge.log();
  EXPECT_FALSE(bridge.status().online);
}

TEST_F(Environment, ADatabaseThatCannotBeOpenedRefusesToStartAndNamesIt) {
  store_is_sound = false;
  broker.start();
  std::filesystem::create_directory(bridge.store_file());
  EXPECT_NE(bridge.start_and_fail(), 0);
  EXPECT_NE(bridge.log().find(bridge.store_file()), std::string::npos) << bridge.log();
}

TEST_F(Environment, AFileThatIsNoDatabaseIsLeftAloneAndNamed) {
  store_is_sound = false;
  broker.start();
  const std::string letter(5000, 'a');
  write_file(bridge.store_file(), letter);
  EXPECT_NE(bridge.start_and_fail(), 0);
  EXPECT_NE(bridge.log().find(bridge.store_file()), std::string::npos) << bridge.log();
  EXPECT_EQ(read_whole(bridge.store_file()), letter);
}

TEST_F(Environment, WhileAnotherProgramLocksTheDatabaseWritesWaitAndNoneIsLost) {
  broker.start();
  bridge.start();
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  const std::string hold = broker.folder() / "hold";
  write_file(hold, "");
  Process locker({"sqlite3", bridge.store_file()},
                 {.input = "BEGIN IMMEDIATE;\nSELECT 'locked';\n.shell while [ -e " + hold +
                           " ]; do sleep 0.05; done\nCOMMIT;\n"});
  ASSERT_TRUE(eventually([&] { return locker.out().find("locked") != std::string::npos; })) << locker.err();
  const auto n = a.writes("m1", {{"text", "waits"}});
  b.writes("m2", {{"text", "waits, too"}});
  ASSERT_TRUE(
      eventually([&] { return bridge.log().find("event=store_failed") != std::string::npos; }, 20'000));
  EXPECT_FALSE(a.acknowledged(n)) << "not before it is stored";
  std::filesystem::remove(hold);
  EXPECT_EQ(outcome(a, n), "applied");
  settle();
  EXPECT_TRUE(eventually([&] { return dump(b) == server() && b.replica().documents().size() == 2; }));
  EXPECT_EQ(a.disconnections() + b.disconnections(), 0);
}

TEST_F(Environment, ASecondBridgeOnTheSameStoreDoesNotDisturbTheFirst) {
  broker.start();
  bridge.start();
  auto& a = phone("alice:a");
  Process second({MSYNC_BUILD_DIR "/mosquitto-sync", "bridge", "--broker", broker.url(), "--schemas",
                  broker.options().schemas, "--store", bridge.store(), "--secret-file",
                  broker.secret_file()});
  EXPECT_NE(second.wait(), 0);
  EXPECT_FALSE(second.err().empty());
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "undisturbed"}})), "applied");
}

}  // namespace
}  // namespace msync::test
