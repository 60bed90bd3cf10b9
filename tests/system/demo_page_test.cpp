// The demo app's files as the bridge serves them. What the app does: tests/web.
#include <algorithm>

#include "bridge/web_files.h"
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

struct Demo : Http {
  Demo() { bridge.arguments().emplace_back("--demo"); }
};

struct NoDemo : Http {};

TEST_F(Demo, ThePageAndAllThatItAsksForAreThere) {
  const auto page = web.get("/demo");
  const std::string asking = page.body + web.get("/demo/app.js").body;
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  for (const WebFile& file : demo_files()) {
    const auto answer = web.get(std::string(file.path));
    EXPECT_EQ(answer.status, 200) << file.path;
    EXPECT_EQ(answer.header("Content-Type"), file.content_type);
    EXPECT_EQ(answer.body.size(), file.bytes.size()) << file.path;
    EXPECT_TRUE(file.path == "/demo" || asking.find(file.path) != std::string::npos) << file.path;
  }
  EXPECT_EQ(web.get("/demo/../status.json").status, 404);
  EXPECT_EQ(web.ask({.method = "POST", .path = "/demo"}).status, 405);
}

TEST_F(Demo, NothingButItsOwnOriginIsAskedOrObeyed) {
  const auto page = web.get("/demo");
  const std::string policy = page.header("Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'self';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
  EXPECT_EQ(page.header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
  for (const char* forbidden : {" style=", "<script>", "http://", "https://"})
    EXPECT_EQ(page.body.find(forbidden), std::string::npos) << forbidden;
}

TEST_F(Demo, WhatHasNotChangedIsNotSentAgain) {
  const auto first = web.get("/demo/app.js");
  const auto again = web.ask({.path = "/demo/app.js", .headers = {"If-None-Match: " + first.header("ETag")}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(NoDemo, WhoDoesNotAskForItHasNone) {
  for (const char* path : {"/demo", "/demo/app.js", "/demo-worker.js"})
    EXPECT_EQ(web.get(path).status, 404) << path;
  EXPECT_EQ(web.get("/").status, 200);
}

TEST(DemoOption, IsAPageOfHttpAndSaysSo) {
  const auto done =
      run({MSYNC_BUILD_DIR "/mosquitto-sync", "bridge", "--schemas", MSYNC_SOURCE_DIR "/schemas", "--store",
           "sqlite:never.db", "--secret-file", "never.secret", "--demo"});
  EXPECT_EQ(done.code, 64);
  EXPECT_NE(done.err.find("--http"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace msync::test
