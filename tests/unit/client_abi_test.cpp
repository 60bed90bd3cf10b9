// msync.h as an app sees it, without a server: writes are durable and seen, errors are codes, nothing is called back after the
// end.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>

#include "client/cpp/sync.h"

namespace {

namespace ms = mosquitto_sync;

constexpr const char* room = "chat/42/messages";

struct ClientAbi : testing::Test {
  ClientAbi() {
    std::string pattern = "/tmp/msync-client-XXXXXX";
    folder = mkdtemp(pattern.data());
  }
  ~ClientAbi() override { std::filesystem::remove_all(folder); }

  /// Nobody answers there.
  ms::Options options(const std::string& user = "alice") const {
    ms::Options made{.url = "mqtt://127.0.0.1:1", .user = user, .database = folder + "/sync.db"};
    made.get_token = [] { return "token"; };
    return made;
  }
  template <class Call>
  static msync_code code_of(Call call) {
    try {
      call();
      return MSYNC_OK;
    } catch (const ms::Error& error) {
      EXPECT_STRNE(error.what(), "");
      return error.code();
    }
  }

  std::string folder;
};

TEST_F(ClientAbi, WhatIsWrittenOfflineIsSeenAtOnceAndAfterARestart) {
  {
    ms::Sync sync(options());
    auto messages = sync.collection(room);
    messages.put("m1", R"({"text":"hi","likes":1})");
    messages.increment("m1", "likes", 2);
    messages.add_to_set("m1", "tags", R"(["a","b"])");
    messages.remove_from_set("m1", "tags", R"(["a"])");
    const auto seen = messages.get("m1");
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->data, R"({"likes":3,"tags":["b"],"text":"hi"})");
    EXPECT_TRUE(seen->pending);
    EXPECT_EQ(seen->version, 0u);
    EXPECT_EQ(sync.status().pending, 4u);
  }
  ms::Sync sync(options());
  EXPECT_FALSE(sync.collection(room).get("m2"));
  EXPECT_EQ(sync.collection(room).documents().size(), 1u);
  EXPECT_EQ(sync.status().pending, 4u);
}

TEST_F(ClientAbi, ATransactionIsWholeOrNothing) {
  ms::Sync sync(options());
  auto messages = sync.collection(room);
  messages.transaction().put("m1", "{}").put("m2", "{}").remove("m1").commit();
  EXPECT_EQ(messages.documents().size(), 1u);
  EXPECT_EQ(sync.status().pending, 1u);
  EXPECT_EQ(code_of([&] { messages.transaction().commit(); }), MSYNC_INVALID);
  auto large = messages.transaction();
  for (int i = 0; i < 101; ++i) large.remove("m" + std::to_string(i));
  EXPECT_EQ(code_of([&] { large.commit(); }), MSYNC_TOO_LARGE);
}

TEST_F(ClientAbi, WhatTheServerWouldRefuseAnywayIsRefusedHere) {
  ms::Sync sync(options());
  auto messages = sync.collection(room);
  EXPECT_EQ(code_of([&] { messages.put("a/b", "{}"); }), MSYNC_BAD_ID);
  EXPECT_EQ(code_of([&] { messages.put("m1", "[1]"); }), MSYNC_INVALID);
  EXPECT_EQ(code_of([&] { messages.put("m1", R"({"a":1,"a":2})"); }), MSYNC_INVALID);
  EXPECT_EQ(code_of([&] { messages.put("m1", "{\"a\":\"" + std::string(300'000, 'x') + "\"}"); }),
            MSYNC_TOO_LARGE);
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_EQ(code_of([&] { messages.put("m1", deep); }), MSYNC_INVALID);
  EXPECT_EQ(code_of([&] { sync.collection("sync/status"); }), MSYNC_BAD_ID);
  EXPECT_EQ(code_of([&] { sync.retry("nobody"); }), MSYNC_NOT_FOUND);
  EXPECT_EQ(code_of([&] { sync.live_set(room, "{"); }), MSYNC_INVALID);
  EXPECT_EQ(sync.status().pending, 0u);
}

TEST_F(ClientAbi, ADatabaseIsOneUsersAndOpenOnce) {
  {
    ms::Sync sync(options());
    EXPECT_EQ(code_of([&] { ms::Sync second(options()); }), MSYNC_STORAGE);
  }
  EXPECT_EQ(code_of([&] { ms::Sync other(options("bob")); }), MSYNC_WRONG_USER);
  auto nowhere = options();
  nowhere.database = folder + "/no/such/folder/sync.db";
  EXPECT_EQ(code_of([&] { ms::Sync none(nowhere); }), MSYNC_STORAGE);
  auto bad = options();
  bad.url = "http://127.0.0.1";
  EXPECT_EQ(code_of([&] { ms::Sync none(bad); }), MSYNC_INVALID);
}

TEST_F(ClientAbi, WipingIsRefusedWhileWritesWait) {
  ms::Sync sync(options());
  sync.collection(room).put("m1", "{}");
  EXPECT_EQ(code_of([&] { sync.wipe(); }), MSYNC_PENDING);
  EXPECT_TRUE(sync.collection(room).get("m1"));
  sync.wipe(true);
  EXPECT_FALSE(std::filesystem::exists(folder + "/sync.db"));
  EXPECT_EQ(code_of([&] { sync.collection(room); }), MSYNC_CLOSED);
}

TEST_F(ClientAbi, WhatWouldWaitForItselfSaysSo) {
  std::promise<msync_code> answer;
  std::optional<ms::Sync> sync;
  auto with = options();
  std::atomic<bool> asked = false;
  with.on_change = [&](const std::string&, const std::vector<std::string>&) {
    if (asked.exchange(true)) return;
    answer.set_value(code_of([&] { sync->suspend(); }));
  };
  sync.emplace(std::move(with));
  sync->collection(room).put("m1", "{}");
  EXPECT_EQ(answer.get_future().get(), MSYNC_IN_CALLBACK);
}

TEST_F(ClientAbi, ATokenThatCannotBeHadIsTold) {
  std::promise<std::string> told;
  std::atomic<bool> done = false;
  auto with = options();
  with.get_token = []() -> std::string { throw std::runtime_error("log in first"); };
  with.on_error = [&](const std::string&, const std::string& code, const std::string& message) {
    if (!done.exchange(true)) told.set_value(code + ": " + message);
  };
  ms::Sync sync(with);
  EXPECT_EQ(told.get_future().get(), "token: log in first");
}

TEST_F(ClientAbi, AnOlderCallersShorterStructureIsEnough) {
  struct Old {
    size_t struct_size;
    msync_state state;
    std::uint64_t pending;
    char guard[8];
  } old = {offsetof(Old, guard), MSYNC_ERROR, 7, "intact"};
  msync_options with = {};
  with.struct_size = sizeof with;
  const std::string file = folder + "/old.db";
  with.url = msync_str("mqtt://127.0.0.1:1");
  with.user = msync_str("alice");
  with.database = msync_str(file.c_str());
  with.listeners.struct_size = offsetof(msync_listeners, status_changed);
  with.listeners.token_needed = [](void*, msync_client*) {};
  with.listeners.status_changed = [](void*, msync_client*) {
    std::abort();
  };  // beyond what this caller knows
  msync_client* sync = nullptr;
  ASSERT_EQ(msync_open(&with, &sync), MSYNC_OK);
  EXPECT_EQ(msync_get_status(sync, reinterpret_cast<msync_status*>(&old)), MSYNC_OK);
  EXPECT_NE(old.state, MSYNC_ERROR);
  EXPECT_EQ(old.pending, 0u);
  EXPECT_EQ(msync_close(sync), MSYNC_OK);
  msync_options none = {};
  none.struct_size = sizeof none;
  msync_client* made = nullptr;
  EXPECT_EQ(msync_open(&none, &made), MSYNC_INVALID) << "no listener for tokens";
  EXPECT_EQ(made, nullptr);
  EXPECT_EQ(msync_open(nullptr, &made), MSYNC_INVALID);
  static_assert(offsetof(msync_status, error_code) == offsetof(Old, guard));
  EXPECT_STREQ(old.guard, "intact");
}

TEST_F(ClientAbi, EveryCodeHasAName) {
  for (int code = MSYNC_OK; code <= MSYNC_INTERNAL; ++code)
    EXPECT_STRNE(msync_code_name(static_cast<msync_code>(code)), "") << code;
  EXPECT_STREQ(msync_code_name(MSYNC_IN_CALLBACK), "in_callback");
  EXPECT_STREQ(msync_code_name(static_cast<msync_code>(99)), "internal");
}

}  // namespace
