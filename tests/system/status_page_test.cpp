// The status page in a browser, what it stands on, and `mosquitto-sync status`.
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Status : World {
  void SetUp() override {
    bridge.arguments().insert(bridge.arguments().end(), {"--http", "127.0.0.1:" + std::to_string(port)});
    World::SetUp();
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port); }

  Finished get(const std::string& path, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"curl", "-sS", "-m", "20", address() + path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  /// Two who write the same document, one of them without having seen the other's; and one mutation that does not fit.
  void quarrel() {
    auto& alice = phone("alice:a");
    auto& bob = phone("bob:b");
    ASSERT_EQ(outcome(alice, alice.writes("<img src=x onerror=alert(1)>", {{"text", "by alice"}})),
              "applied");
    settle();
    Mutation late;
    late.operations = {
        {.op = Op::put, .id = "<img src=x onerror=alert(1)>", .base = 0, .data = {{"text", "by bob"}}}};
    bob.mutates(late);
    ASSERT_EQ(outcome(bob, bob.writes("m2", {{"text", 7}})), "rejected");
    settle();
    const Json seen = {{"epoch", alice.status().epoch}, {"src", alice.src()}, {"seq", 2}};
    EXPECT_TRUE(alice.sends("chat/42/messages/seen", to_text(seen)).ok);
  }

  int port = free_port();
};

}  // namespace

TEST_F(Status, APageThatIsOpenShowsAConflictAndARejectionAsTheyHappen) {
  std::vector<std::string> arguments = {"node", MSYNC_SOURCE_DIR "/tests/system/status_page.mjs",
                                        address() + "/"};
  if (const char* pictures = std::getenv("MSYNC_PICTURES")) arguments.emplace_back(pictures);
  Process browser(arguments);
  ASSERT_TRUE(eventually(
      [&] { return browser.out().find("open") != std::string::npos || !browser.running(); }, 180'000));
  quarrel();
  ASSERT_TRUE(eventually([&] { return !browser.running(); }, 90'000)) << browser.out();
  EXPECT_EQ(browser.wait(), 0) << browser.err();
}

TEST_F(Status, TheMetricsAreGoodAndCountWhatHappened) {
  quarrel();
  const std::string page = get("/metrics").out;
  EXPECT_NE(page.find("msync_mutations_total{outcome=\"rejected\"} 1\n"), std::string::npos) << page;
  EXPECT_NE(page.find("msync_ready 1\n"), std::string::npos);
  EXPECT_EQ(run({"promtool", "check", "metrics"}, {.input = page}).code, 0);
  EXPECT_EQ(page.find("alice"), std::string::npos) << "nothing names a user";
  EXPECT_EQ(page.find("chat/"), std::string::npos) << "or a topic";
}

TEST_F(Status, ThePluginsCountersReachTheSamePage) {
  phone("alice:a");
  const auto accepted = [this] {
    const std::string page = get("/metrics").out;
    const std::string name = "msync_door_auth_total{result=\"accepted\"} ";
    const std::size_t at = page.find(name);
    return at == page.npos ? 0 : std::stoi(page.substr(at + name.size()));
  };
  EXPECT_TRUE(eventually([&] { return accepted() >= 2; }, 30'000)) << "the bridge and alice";
}

TEST_F(Status, WhoComesFromElsewhereNeedsTheRoleOperator) {
  const auto status = [&](const std::string& path, const std::string& who) {
    std::vector<std::string> more = {"-o",           "/dev/null", "-w",
                                     "%{http_code}", "-H",        "X-Forwarded-For: 192.0.2.7"};
    if (!who.empty()) more.insert(more.end(), {"-H", "Authorization: Bearer " + token(who)});
    return get(path, more).out;
  };
  claims["root"] = R"({"roles":["operator"]})";
  for (const char* path :
       {"/metrics", "/status.json", "/status/scopes", "/status/replicas", "/status/events"})
    for (const char* who : {"", "alice"}) EXPECT_EQ(status(path, who), *who == 0 ? "401" : "403") << path;
  for (const char* path : {"/metrics", "/status.json", "/status/scopes?q=x"})
    EXPECT_EQ(status(path, "root"), "200");
  EXPECT_EQ(status("/", ""), "200") << "the page itself is no secret";
}

TEST_F(Status, TheCommandSaysTheSame) {
  quarrel();
  const std::string command = MSYNC_BUILD_DIR "/mosquitto-sync";
  ASSERT_TRUE(eventually([&] {
    const auto status = run({command, "status", "--http", address(), "--json"});
    return status.code == 0 && !Json::parse(status.out)["conflicts"].empty();
  }));
  const auto text = run({command, "status", "--http", address()});
  EXPECT_EQ(text.code, 0) << text.err;
  for (const char* part : {"connected", "bob against alice", "invalid at /text"})
    EXPECT_NE(text.out.find(part), std::string::npos) << text.out;
  EXPECT_EQ(run({command, "status", "--http", "http://127.0.0.1:1"}).code, 69);
  EXPECT_EQ(run({command, "status", "--http", "127.0.0.1"}).code, 64);
}

}  // namespace msync::test
