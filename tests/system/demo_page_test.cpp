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

TEST_F(Demo, WhoTakesGzipGetsTheSameBytesInFewer) {
  for (const WebFile& file : demo_files()) {
    const auto packed =
        web.ask({.path = std::string(file.path), .headers = {"Accept-Encoding: gzip, deflate, br"}});
    if (file.gzip.empty()) {
      EXPECT_EQ(packed.header("Content-Encoding"), "") << file.path;
      EXPECT_TRUE(packed.body == file.bytes) << file.path;
      continue;
    }
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip") << file.path;
    EXPECT_EQ(packed.header("Vary"), "Accept-Encoding") << file.path;
    EXPECT_EQ(packed.header("Content-Length"), std::to_string(packed.body.size())) << file.path;
    EXPECT_LT(packed.body.size(), file.bytes.size()) << file.path;
    EXPECT_TRUE(run({"gzip", "-dc"}, {.input = packed.body}).out == file.bytes) << file.path;
  }
}

TEST_F(Demo, ItsScriptComesPackedToABrowserAndPlainToWhoTakesNoGzip) {
  const auto ask = [&](const std::string& method, const std::string& accepts) {
    return web.ask({.method = method, .path = "/demo/app.js", .headers = {"Accept-Encoding: " + accepts}});
  };
  const auto packed = ask("GET", "gzip"), head = ask("HEAD", "gzip"), plain = ask("GET", "gzip;q=0, *");
  EXPECT_LT(packed.body.size(), plain.body.size() / 2);
  EXPECT_EQ(head.header("Content-Length"), std::to_string(packed.body.size()));
  EXPECT_EQ(head.header("Content-Encoding"), "gzip");
  EXPECT_EQ(head.header("ETag"), packed.header("ETag"));
  EXPECT_EQ(plain.header("Content-Encoding"), "");
  EXPECT_EQ(plain.header("Content-Length"), std::to_string(plain.body.size()));
  EXPECT_TRUE(plain.body == web.get("/demo/app.js").body);
}

TEST_F(Demo, ASlashAtItsEndDoesNotMatter) {
  const auto answer = web.get("/demo/?x=1");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.header("Location"), "../demo?x=1");
  const auto followed = run({"curl", "-sL", "--max-redirs", "1", web.url("/demo/")});
  EXPECT_TRUE(followed.out == web.get("/demo").body);
}

TEST_F(NoDemo, WhoDoesNotAskForItHasNone) {
  for (const char* path : {"/demo", "/demo/", "/demo/app.js", "/demo-worker.js"})
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
