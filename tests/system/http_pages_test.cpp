// What every answer carries, what is not to be found, and what the log says where tokens would travel readably.
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

TEST_F(Http, EveryAnswerTellsBrowsersToBeCareful) {
  EXPECT_EQ(puts("m1", {{"text", "one"}}).status, 201);
  for (const char* path :
       {"/", "/status.js", "/healthz", "/metrics", "/nothing", "/status.json", "/openapi.json"}) {
    const HttpAnswer answer = web.get(path, operator_token());
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(answer.header("X-Frame-Options"), "DENY") << path;
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer") << path;
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin") << path;
    const std::string policy = answer.header("Content-Security-Policy");
    EXPECT_TRUE(policy.starts_with("default-src 'self';")) << path << " " << policy;
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path << " " << policy;
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "") << path;
    EXPECT_EQ(answer.header("Server"), "") << path;
  }
  EXPECT_EQ(gets("/docs/m1").header("Cache-Control"), "no-store");
  EXPECT_EQ(web.get("/status.json", operator_token()).header("Cache-Control"), "no-store");
  auto stream = web.stream(
      {.path = room + "/changes", .token = token("bob"), .headers = {"Accept: text/event-stream"}});
  EXPECT_TRUE(eventually([&] { return stream->out().find("\r\n\r\n") != std::string::npos; }));
  EXPECT_NE(stream->out().find("X-Content-Type-Options: nosniff"), std::string::npos) << stream->out();
}

TEST_F(Http, ThereAreNoFoldersToLookInto) {
  for (const char* path : {"/v1", "/v1/", "/v1/scopes", "/v1/scopes/", "/status", "/status/", "/.", "/./",
                           "//", "/index.html", "/.git/config", "/status.js/", "/status.js%00", "/%2e%2e/",
                           "/demo/../../etc/passwd", "/..%5c..%5cetc", "/proc/self/environ"}) {
    const HttpAnswer answer = web.get(path, operator_token());
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << path << " " << answer.status;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << path;
  }
}

TEST_F(Http, AHostOfAnotherNameDoesNotMakeAStrangerAnOperator) {
  const auto status = [&](const std::string& host) {
    return web.ask({.path = "/status.json", .headers = {"Host: " + host}}).status;
  };
  EXPECT_EQ(status("127.0.0.1:8080"), 200);
  EXPECT_EQ(status("localhost"), 200);
  EXPECT_EQ(status("rebound.example.com"), 401) << "a page whose name was made to lead here";
  EXPECT_EQ(status("localhost.example.com"), 401);
  EXPECT_EQ(status("127.0.0.1.example.com"), 401);
}

/// In a network of its own, where it may listen everywhere: nobody is there.
TEST_F(Http, ListeningElsewhereThanOnThisMachineIsWarnedAbout) {
  if (run({"unshare", "-rn", "true"}).code != 0) GTEST_SKIP() << "no network of its own can be made here";
  EXPECT_EQ(bridge.log().find("event=http_without_tls"), std::string::npos);
  bridge.stop();
  bridge.wrapper() = {"unshare", "-rn"};
  bridge.arguments() = {"--http", "0.0.0.0:8080"};
  bridge.launch();
  EXPECT_TRUE(eventually([&] { return bridge.log().find("event=http_without_tls") != std::string::npos; }))
      << bridge.log();
  EXPECT_NE(bridge.log().find("put a TLS proxy before it, or listen on 127.0.0.1"), std::string::npos);
}

}  // namespace
}  // namespace msync::test
