// Webhooks, with real receivers: signed, in order per scope, nothing missed over crashes, nobody held up by others.
#include <sysexits.h>

#include <csignal>

#include "bridge/http_client.h"
#include "tests/system/support/http.h"
#include "tests/system/webhook_world.h"

namespace msync::test {
namespace {

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";

TEST_F(Webhook, DeltasArriveSignedAndInOrder) {
  auto& alice = phone("alice:a");
  auto& bob = in_room_43();
  writes(alice, 60);
  writes(bob, 40);
  settle();
  EXPECT_TRUE(reaches(receiver, room_42, 60));
  EXPECT_TRUE(reaches(receiver, room_43, 40));
  for (const Json& request : receiver.requests()) {
    EXPECT_EQ(request["fault"], "");
    EXPECT_EQ(request["type"], "application/json");
    EXPECT_EQ(request["event"]["webhook"], "all");
    EXPECT_EQ(request["event"]["collection"], "messages");
  }
  EXPECT_EQ(bridge.log().find(secret.substr(0, 10)), std::string::npos);
  EXPECT_EQ(bridge.log().find(secret_text), std::string::npos);
}

TEST_F(Webhook, NothingIsMissedWhileReceiverAndBridgeComeAndGo) {
  auto& alice = phone("alice:a");
  auto& bob = in_room_43();
  writes(alice, 10);
  EXPECT_TRUE(reaches(receiver, room_42, 10));
  receiver.close();
  writes(alice, 10);
  writes(bob, 10);
  EXPECT_TRUE(eventually([&] { return logged("event=webhook_failed"); })) << bridge.log();
  bridge.kill();
  bridge.start();
  writes(alice, 10);
  receiver.open();
  EXPECT_TRUE(reaches(receiver, room_42, 30, 60'000)) << bridge.log();
  EXPECT_TRUE(reaches(receiver, room_43, 10));
}

TEST_F(Webhook, WhatIsSentAgainHasTheSameIdAlsoAfterACrash) {
  auto& alice = phone("alice:a");
  receiver.answers("500");
  writes(alice, 1);
  EXPECT_TRUE(eventually([&] { return receiver.of(room_42, "500").size() >= 2; }));
  writes(alice, 1);  // does not change what is being repeated
  EXPECT_TRUE(eventually([&] { return receiver.of(room_42, "500").size() >= 3; }));
  const Json id = receiver.requests().front()["id"];
  for (const Json& request : receiver.requests()) EXPECT_EQ(request["id"], id);
  receiver.answers("204");
  EXPECT_TRUE(reaches(receiver, room_42, 2, 30'000));
  EXPECT_EQ(receiver.of(room_42).front()["id"], id);
  EXPECT_TRUE(eventually([&] { return stored_cursor("all", room_42) == 2; }));
  // It arrived, but nobody will know: the bridge dies before an answer comes.
  receiver.answers("hang");
  writes(alice, 1);
  EXPECT_TRUE(eventually([&] { return receiver.of(room_42, "hang").size() == 1; }));
  bridge.kill();
  receiver.answers("204");
  bridge.start();
  EXPECT_TRUE(reaches(receiver, room_42, 3));
  EXPECT_EQ(receiver.of(room_42).back()["id"], receiver.of(room_42, "hang").front()["id"]);
}

TEST_F(Webhook, TheMetricsSayHowFarAReceiverIsBehind) {
  const HttpClient web(free_port());
  bridge.stop();
  bridge.arguments().insert(bridge.arguments().end(), {"--http", "127.0.0.1:" + std::to_string(web.port())});
  bridge.start();
  const auto lag_s = [&]() -> double {
    const std::string page = web.get("/metrics").body, name = "\nmsync_webhook_lag_seconds{webhook=\"all\"} ";
    const std::size_t at = page.find(name);
    return at == page.npos ? -1 : std::stod(page.substr(at + name.size()));
  };
  auto& alice = phone("alice:a");
  EXPECT_TRUE(eventually([&] { return lag_s() == 0; })) << "nothing waits";
  receiver.answers("500");
  writes(alice, 1);
  EXPECT_TRUE(eventually([&] { return lag_s() > 0.5; })) << "it grows while the change waits";
  EXPECT_LT(lag_s(), 60);
  receiver.answers("204");
  EXPECT_TRUE(reaches(receiver, room_42, 1, 30'000));
  EXPECT_TRUE(eventually([&] { return lag_s() == 0; }));
}

TEST_F(Webhook, ADeadReceiverHoldsNobodyUp) {
  Receiver hanging(broker.folder() / "", "hanging", secret_file);
  hanging.answers("hang");
  bridge.stop();
  write_file(hooks_file, hook("dead", free_port()) + hook("hanging", hanging.port, "connections = 1\n") +
                             hook("all", receiver.port));
  bridge.start();
  auto& alice = phone("alice:a");
  auto& bob = in_room_43();
  for (int i = 1; i <= 5; ++i) {
    writes(alice, 1);
    writes(bob, 1);
    EXPECT_TRUE(reaches(receiver, room_42, i, 5'000));
    EXPECT_TRUE(reaches(receiver, room_43, i, 5'000));
  }
  EXPECT_EQ(hanging.requests().size(), 1U) << "one at a time, as it is configured";
  const auto begun_ms = now_ms();
  EXPECT_EQ(bridge.stop(), 0);
  EXPECT_LT(now_ms() - begun_ms, limits::drain_ms) << "what hangs is broken off";
  EXPECT_EQ(bridge.log().find("/hook"), std::string::npos) << "a URL may be a secret";
}

TEST_F(Webhook, ARefusedDeltaHoldsUpItsScopeOnly) {
  auto& alice = phone("alice:a");
  auto& bob = in_room_43();
  receiver.answers(std::string("422 ") + room_42);
  writes(alice, 1);
  EXPECT_TRUE(eventually([&] { return receiver.of(room_42, "422").size() >= 2; }));
  for (int i = 1; i <= 5; ++i) {
    writes(bob, 1);
    EXPECT_TRUE(reaches(receiver, room_43, i, 5'000));
  }
  EXPECT_TRUE(logged("reason=\"the answer is 422\"")) << bridge.log();
  receiver.answers("204");
  EXPECT_TRUE(reaches(receiver, room_42, 1, 60'000)) << "it was not skipped";
  EXPECT_TRUE(eventually([&] { return logged("event=webhook_recovered webhook=all"); }));
}

TEST_F(Webhook, ARedirectIsAFailure) {
  auto& alice = phone("alice:a");
  receiver.answers("302");
  writes(alice, 1);
  EXPECT_TRUE(eventually([&] { return logged("reason=\"the answer is 302\""); })) << bridge.log();
  receiver.answers("503 wait");
  EXPECT_TRUE(eventually([&] { return !receiver.of(room_42, "503").empty(); }));
  receiver.answers("204");
  EXPECT_TRUE(reaches(receiver, room_42, 1));
}

TEST_F(Webhook, ANewOneBeginsNowOrAtTheStart) {
  auto& alice = phone("alice:a");
  writes(alice, 5);
  EXPECT_TRUE(reaches(receiver, room_42, 5));
  Receiver now(broker.folder() / "", "now", secret_file);
  Receiver start(broker.folder() / "", "start", secret_file);
  Receiver todos(broker.folder() / "", "todos", secret_file);
  write_file(hooks_file, hook("all", receiver.port) + hook("now", now.port) +
                             hook("start", start.port, "from = \"start\"\n") +
                             hook("todos", todos.port, "collections = [\"todos\"]\n"));
  bridge.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return logged("event=webhooks_stored webhooks=4"); })) << bridge.log();
  EXPECT_TRUE(reaches(start, room_42, 5));
  bridge.kill();
  bridge.start();
  writes(alice, 1);
  EXPECT_TRUE(reaches(start, room_42, 6));
  EXPECT_TRUE(eventually([&] { return !now.requests().empty(); }));
  EXPECT_EQ(now.requests().front()["event"]["delta"]["from"], 5);
  EXPECT_TRUE(reaches(receiver, room_42, 6)) << "the one that was there goes on";
  EXPECT_TRUE(todos.requests().empty());
}

TEST_F(Webhook, AMistakeRefusesTheStartAndLeavesTheOldOnesOnReload) {
  auto& alice = phone("alice:a");
  write_file(hooks_file, hook("all", receiver.port) + "colour = \"red\"\n");
  bridge.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return logged("action=\"the old webhooks stay\""); })) << bridge.log();
  EXPECT_TRUE(logged("unknown key 'colour'"));
  writes(alice, 1);
  EXPECT_TRUE(reaches(receiver, room_42, 1));
  const Finished check =
      run({program, "check", "--schemas", broker.options().schemas, "--webhooks", hooks_file});
  EXPECT_EQ(check.code, EX_CONFIG);
  EXPECT_NE(check.err.find("hooks.toml: line 5, column 1: unknown key 'colour'"), std::string::npos)
      << check.err;
  bridge.stop();
  EXPECT_EQ(bridge.start_and_fail(), EX_CONFIG);
  write_file(hooks_file, hook("all", receiver.port));
  const Finished good =
      run({program, "check", "--schemas", broker.options().schemas, "--webhooks", hooks_file});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("webhook all  deltas"), std::string::npos) << good.out;
}

struct WakingWebhook : Webhook {
  WakingWebhook() { write_file(hooks_file, hook("push", receiver.port, waking)); }

  void says_seen(Phone& who, std::uint64_t seq) {
    who.sends(std::string(room_42) + "/seen",
              to_text({{"src", who.src()}, {"epoch", who.status().epoch}, {"seq", seq}}));
  }
  /// The users named so far.
  std::string named() const {
    std::string users;
    for (const Json& request : receiver.of(room_42))
      for (const Json& replica : request["event"]["replicas"])
        users += replica["user"].get<std::string>() + "@" + std::to_string(replica["seen"].get<int>()) + " ";
    return users;
  }
  static constexpr const char* waking = "offline_only = true\nwait = \"2s\"\n";
};

TEST_F(WakingWebhook, WhoIsAwayIsNamedOnceAndWhoIsThereIsNot) {
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  writes(alice, 1);
  settle();
  says_seen(alice, 1);
  says_seen(bob, 1);
  bob.goes_offline();
  writes(alice, 1);
  writes(alice, 1);
  says_seen(alice, 3);
  EXPECT_TRUE(eventually([&] { return !receiver.requests().empty(); })) << bridge.log();
  EXPECT_TRUE(eventually([&] { return named().starts_with("bob@1 "); })) << named();
  const Json event = receiver.requests().front()["event"];
  EXPECT_EQ(event["replicas"][0]["src"], bob.src());
  EXPECT_EQ(receiver.requests().front()["fault"], "");
  bob.goes_online();
  settle();
  says_seen(bob, 3);
  writes(alice, 1);
  says_seen(alice, 4);
  says_seen(bob, 4);
  const std::size_t before = receiver.requests().size();
  alice.goes_offline();
  writes(bob, 1);
  says_seen(bob, 5);
  EXPECT_TRUE(eventually([&] { return named().ends_with("alice@4 "); })) << named();
  EXPECT_EQ(receiver.requests().size(), before + 1) << "nobody was behind in between: " << named();
}

TEST_F(WakingWebhook, TheExampleReceiverCallsAPushServiceAndKeepsACopy) {
  bridge.stop();
  const int port = free_port();
  Process example(
      {"node", MSYNC_SOURCE_DIR "/examples/webhook/receiver.mjs", std::to_string(port), secret_file});
  ASSERT_TRUE(eventually([&] { return accepts(port); })) << example.err();
  write_file(hooks_file, hook("push", port, waking) + hook("copy", port));
  bridge.start();
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  writes(alice, 20);
  EXPECT_EQ(outcome(alice, alice.deletes("m1")), "applied");
  settle();
  says_seen(bob, 1);
  const auto said = [&](const std::string& words) { return example.out().find(words) != std::string::npos; };
  EXPECT_TRUE(eventually([&] { return said(R"("seq":21,"id":"m1","deleted":true)"); })) << example.out();
  EXPECT_TRUE(eventually([&] { return said(R"({"push":"bob","src":")" + bob.src()); })) << example.out();
  EXPECT_FALSE(said("gap")) << example.out();
  EXPECT_EQ(example.err().find("refused"), std::string::npos) << example.err();
  const auto post = [&](const std::string& timestamp) {
    HttpCall request{"http://127.0.0.1:" + std::to_string(port) + "/", "POST"};
    request.headers = {"Webhook-Id: x", "Webhook-Timestamp: " + timestamp, "Webhook-Signature: v1,AAAA"};
    request.body = "{}";
    request.timeout_ms = 10'000;
    const auto answer = msync::HttpClient().send(request);
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(post(std::to_string(now_ms() / 1000)), 401);
  EXPECT_EQ(post("1614265330"), 401);
  EXPECT_NE(example.err().find("refused: wrong signature"), std::string::npos);
  EXPECT_NE(example.err().find("refused: too old"), std::string::npos);
}

}  // namespace
}  // namespace msync::test
