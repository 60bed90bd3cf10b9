// The bridge brings the keys that an issuer publishes into the file that the plugin reads.
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "tests/signing_key.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr int refused_v5 = 0x87;  // mosquitto_sub's exit code is the CONNACK's reason

struct KeyFetch : World {
  KeyFetch() {
    write_file(stamp_file, "a stamp's key of at least thirty-two bytes, for tests\n");
    write_file(token_file, token_of(first_key, "mosquitto-sync", R"({"roles":["bridge"]})"));
    publish(jwks({first_key.jwk()}));
    broker.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys_file,
                                  "plugin_opt_stamp_key_file " + stamp_file};
    bridge.credentials() = {"--token-file", token_file, "--stamp-key-file", stamp_file};
    bridge.observer_token() = token_of(first_key, "observer");
    open_server();
  }

  /// The file is not there: the broker would not start before the bridge has brought it.
  void SetUp() override { begin("/jwks.json", "20s"); }

  void begin(const std::string& path, const std::string& refresh) {
    bridge.arguments() = {"--jwks-url",     "http://127.0.0.1:" + std::to_string(port) + path,
                          "--jwks-file",    keys_file,
                          "--jwks-refresh", refresh};
    bridge.launch();
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(keys_file); })) << bridge.log();
    if (!broker.running()) broker.start();
    ASSERT_TRUE(bridge.wait_until_online()) << bridge.log();
  }

  void open_server() {
    server_process = std::make_unique<Process>(std::vector<std::string>{
        "node", MSYNC_SOURCE_DIR "/tests/system/key_server.mjs", std::to_string(port), published_file});
    ASSERT_TRUE(eventually([&] { return accepts(port); })) << server_process->err();
  }

  void publish(const std::string& bytes) {
    write_file(published_file + ".new", bytes);
    ASSERT_EQ(std::rename((published_file + ".new").c_str(), published_file.c_str()), 0);
  }

  static std::string token_of(const SigningKey& key, const std::string& user,
                              const std::string& claims_json = "{}") {
    Json all = Json::parse(claims_json);
    all["sub"] = user;
    all["exp"] = now_ms() / 1000 + 3600;
    return key.token(all);
  }

  int connect(const SigningKey& key) {
    return run({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V", "mqttv5", "-i",
                "alice:x", "-u", "alice", "-P", token_of(key, "alice"), "-t", "sync/status", "-C", "1", "-W",
                "5"})
        .code;
  }

  std::size_t logged(const std::string& words) {
    const std::string log = bridge.log();
    std::size_t count = 0;
    for (auto at = log.find(words); at != log.npos; at = log.find(words, at + 1)) ++count;
    return count;
  }

  const int port = free_port();
  const std::string published_file = broker.folder() / "published.json";
  const std::string keys_file = broker.folder() / "jwks.json";
  const std::string stamp_file = broker.folder() / "stamp.key";
  const std::string token_file = broker.folder() / "bridge.token";
  const SigningKey first_key{Algorithm::eddsa, "first"};
  const SigningKey second_key{Algorithm::es256, "second"};
  std::unique_ptr<Process> server_process;
};

TEST_F(KeyFetch, ANewKeyIsAskedForWhenATokenNamesIt) {
  EXPECT_EQ(connect(first_key), 0);
  struct stat about = {};
  ASSERT_EQ(stat(keys_file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0644U);
  publish(jwks({first_key.jwk(), second_key.jwk()}));
  EXPECT_EQ(connect(second_key), refused_v5);
  EXPECT_TRUE(eventually([&] { return connect(second_key) == 0; })) << bridge.log();
  EXPECT_EQ(connect(first_key), 0);
}

TEST_F(KeyFetch, WhatIsNoSetOfKeysChangesNothingAndIsSaidOnce) {
  EXPECT_EQ(bridge.stop(), 0);
  begin("/jwks.json", "1s");
  const std::string before = read_whole(keys_file);
  publish("<html>we are down for maintenance</html>");
  ASSERT_TRUE(eventually([&] { return logged("event=keys_not_fetched") == 1; })) << bridge.log();
  const std::size_t requests = server_process->out().size();
  ASSERT_TRUE(eventually([&] { return server_process->out().size() > requests + 20; })) << "two more";
  EXPECT_EQ(logged("event=keys_not_fetched"), 1U);
  EXPECT_EQ(read_whole(keys_file), before);
  EXPECT_EQ(connect(first_key), 0);
  Json leaked = first_key.jwk();
  leaked["d"] = "AAAA";
  publish(jwks({leaked}));
  ASSERT_TRUE(eventually([&] { return logged("event=keys_not_fetched") == 2; })) << bridge.log();
  server_process->kill_hard();
  ASSERT_TRUE(eventually([&] { return logged("event=keys_not_fetched") == 3; })) << bridge.log();
  EXPECT_EQ(read_whole(keys_file), before);
  publish(jwks({first_key.jwk(), second_key.jwk()}));
  open_server();
  EXPECT_TRUE(eventually([&] { return connect(second_key) == 0; })) << bridge.log();
}

TEST_F(KeyFetch, ARedirectIsFollowedWithinHttpOnly) {
  EXPECT_EQ(bridge.stop(), 0);
  publish(jwks({first_key.jwk(), second_key.jwk()}));
  begin("/elsewhere", "1s");
  ASSERT_TRUE(eventually([&] { return logged("event=keys_not_fetched") == 1; })) << bridge.log();
  EXPECT_EQ(connect(second_key), refused_v5);
  EXPECT_EQ(bridge.stop(), 0);
  begin("/moved", "1s");
  EXPECT_TRUE(eventually([&] { return connect(second_key) == 0; })) << bridge.log();
}

}  // namespace
}  // namespace msync::test
