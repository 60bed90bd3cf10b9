// The native library over the real broker, plugin and bridge: its examples, and a device whose disk is full. What every
// library must do is in tests/conformance.
#include <filesystem>
#include <fstream>
#include <mutex>

#include "client/cpp/sync.h"
#include "tests/system/support/mount.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

namespace ms = mosquitto_sync;

constexpr const char* room = "chat/42/messages";

struct ClientLibrary : World {
  /// A file with this user's token.
  std::string token_file(const std::string& user) {
    const std::string file = broker.folder() / (user + ".token");
    write_file(file, token(user) + "\n");
    return file;
  }

  ms::Options options(const std::string& user, const std::string& database) {
    ms::Options made{.url = broker.url(), .user = user, .database = database};
    made.get_token = [token = token(user)] { return token; };
    made.on_error = [this](const std::string&, const std::string& code, const std::string&) {
      std::lock_guard lock(mutex);
      errors.push_back(code);
    };
    return made;
  }
  bool told(const std::string& code) {
    std::lock_guard lock(mutex);
    return std::find(errors.begin(), errors.end(), code) != errors.end();
  }

  std::mutex mutex;
  std::vector<std::string> errors;
};

TEST_F(ClientLibrary, TheExampleInCKeepsAMessageOfflineAndSendsItLater) {
  const auto chat = [&](const std::string& url, const std::string& text) {
    return run({MSYNC_BUILD_DIR "/examples/chat_example", url, "alice", broker.folder() / "c.db",
                token_file("alice"), "42", text});
  };
  const auto online = chat(broker.url(), "hi \"there\"");
  EXPECT_EQ(online.code, 0) << online.err;
  EXPECT_EQ(online.out, "stored\nm001 {\"text\":\"hi \\\"there\\\"\"}\n");
  const auto offline = chat("mqtt://127.0.0.1:1", "from the train");
  EXPECT_EQ(offline.code, 0) << offline.err;
  EXPECT_NE(offline.out.find("kept for later\n"), std::string::npos) << offline.out;
  EXPECT_NE(offline.out.find("(unsent)"), std::string::npos) << offline.out;
  const auto again = chat(broker.url(), "back");
  EXPECT_EQ(again.out.find("(unsent)"), std::string::npos) << again.out;
  auto& reader = phone("bob:reader");
  ASSERT_TRUE(eventually([&] { return reader.replica().documents().size() == 3; }));
  EXPECT_EQ(dump(reader), server());
}

TEST_F(ClientLibrary, TheExampleInCppHasTheSameListOnTwoDevices) {
  const auto todo = [&](const std::string& device, std::vector<std::string> command) {
    std::vector<std::string> whole{MSYNC_BUILD_DIR "/examples/todo_example", broker.url(), "alice",
                                   broker.folder() / device, token_file("alice")};
    whole.insert(whole.end(), command.begin(), command.end());
    const auto done = run(whole);
    EXPECT_EQ(done.code, 0) << done.err;
    return done.out;
  };
  EXPECT_EQ(todo("phone", {"add", "milk"}), "[ ] t1 milk\n");
  EXPECT_EQ(todo("laptop", {"star", "t1"}), "[ ] t1 milk*\n");
  EXPECT_EQ(todo("laptop", {"done", "t1"}), "[x] t1 milk*\n");
  EXPECT_EQ(todo("phone", {"list"}), "[x] t1 milk*\n");
}

TEST_F(ClientLibrary, TheExampleInPythonNeedsNothingButTheLibrary) {
  const auto chat = run({"/usr/bin/python3", MSYNC_SOURCE_DIR "/examples/python/chat.py",
                         MSYNC_BUILD_DIR "/libmosquitto_sync_client.so.0", broker.url(), "alice",
                         broker.folder() / "python.db", token_file("alice"), "42", "hi"});
  EXPECT_EQ(chat.code, 0) << chat.err;
  EXPECT_EQ(chat.out, "applied\nm001 hi \n");
}

TEST_F(ClientLibrary, WhatIsWrittenWhileSuspendedIsSentOnResume) {
  ms::Sync sync(options("alice", broker.folder() / "mobile.db"));
  auto messages = sync.collection(room);
  ASSERT_TRUE(eventually([&] { return sync.status().state == MSYNC_IDLE; }));
  sync.suspend();
  EXPECT_EQ(sync.status().state, MSYNC_OFFLINE);
  const auto written = messages.put("m1", R"({"text":"hi"})");
  EXPECT_FALSE(written.wait(std::chrono::milliseconds(300)));
  sync.resume();
  const auto result = written.wait(std::chrono::seconds(20));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, MSYNC_APPLIED);
}

TEST_F(ClientLibrary, ManyWritesAreStoredTogetherAndAllArrive) {
  ms::Sync sync(options("alice", broker.folder() / "many.db"));
  auto messages = sync.collection(room);
  std::vector<std::future<ms::Written>> durable;
  for (int i = 0; i < 1'000; ++i)
    durable.push_back(messages.transaction().put("m" + std::to_string(i), R"({"text":"hi"})").submit());
  for (auto& each : durable) ASSERT_FALSE(each.get().key().empty());
  ASSERT_TRUE(
      eventually([&] { return sync.status().state == MSYNC_IDLE && sync.status().pending == 0; }, 30'000));
  auto& reader = phone("bob:reader");
  EXPECT_EQ(reader.replica().documents().size(), 1'000u);
  EXPECT_EQ(messages.documents().size(), 1'000u);
}

struct ClientOnAFullDisk : ClientLibrary {
  void SetUp() override {
    disk = broker.folder() / "small";
    std::filesystem::create_directory(disk);
    if (!mount_small(disk, "size=1m,mode=755")) GTEST_SKIP() << "needs root, to mount";
    ClientLibrary::SetUp();
  }
  void fill() const { std::ofstream(disk + "/filler") << std::string(2'000'000, 'x'); }

  std::string disk;
};

TEST_F(ClientOnAFullDisk, NothingIsTakenThatCannotBeStoredAndNothingStoredIsLost) {
  ms::Sync sync(options("alice", disk + "/sync.db"));
  auto messages = sync.collection(room);
  ASSERT_TRUE(eventually([&] { return sync.status().state == MSYNC_IDLE; }));
  sync.reachable(false);
  const auto kept = messages.put("kept", R"({"text":"1"})");
  fill();
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    try {
      messages.put("m" + std::to_string(i), R"({"text":")" + std::string(3'000, 'x') + R"("})");
    } catch (const ms::Error& error) {
      EXPECT_EQ(error.code(), MSYNC_STORAGE) << error.what();
      refused = true;
    }
  }
  ASSERT_TRUE(refused);
  EXPECT_TRUE(told("storage"));
  EXPECT_EQ(sync.status().state, MSYNC_ERROR);

  std::filesystem::remove(disk + "/filler");
  ASSERT_TRUE(eventually([&] {
    try {
      messages.put("after", R"({"text":"2"})");
      return true;
    } catch (const ms::Error&) {
      return false;
    }
  }));
  sync.reachable(true);
  ASSERT_TRUE(
      eventually([&] { return sync.status().state == MSYNC_IDLE && sync.status().pending == 0; }, 20'000));
  EXPECT_EQ(kept.wait(std::chrono::seconds(5))->outcome, MSYNC_APPLIED);
  EXPECT_TRUE(messages.get("kept"));
  EXPECT_TRUE(messages.get("after"));
}

}  // namespace
}  // namespace msync::test
