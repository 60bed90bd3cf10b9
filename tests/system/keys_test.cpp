// An issuer's public keys (JWKS) in place of a secret: broker, bridge and phones, and what happens when keys come and
// go.
#include <csignal>
#include <cstdio>

#include "tests/signing_key.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr int refused_v5 = 0x87;  // mosquitto_sub's exit code is the CONNACK's reason

struct Keys : World {
  Keys() {
    write_file(stamp_file, "a stamp's key of at least thirty-two bytes, for tests\n");
    write_file(token_file, token_of(bridge_key, "mosquitto-sync", R"({"roles":["bridge"]})"));
    replace_keys({bridge_key.jwk(), phone_key.jwk()});
    broker.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys_file,
                                  "plugin_opt_stamp_key_file " + stamp_file};
    bridge.credentials() = {"--token-file", token_file, "--stamp-key-file", stamp_file};
    bridge.observer_token() = token_of(bridge_key, "observer");
  }

  static std::string token_of(const SigningKey& key, const std::string& user,
                              const std::string& claims_json = R"({"rooms":["42"]})") {
    Json all = Json::parse(claims_json);
    all["sub"] = user;
    all["exp"] = now_ms() / 1000 + 3600;
    return key.token(all);
  }

  /// As an issuer's job does: whoever reads sees the old set or the new one.
  void replace_keys(std::initializer_list<Json> keys) { replace_keys_by(jwks(keys)); }
  void replace_keys_by(const std::string& bytes) {
    write_file(keys_file + ".new", bytes);
    ASSERT_EQ(std::rename((keys_file + ".new").c_str(), keys_file.c_str()), 0);
  }

  Phone& phone_with(const std::string& id, const SigningKey& key) {
    Phone& made = new_phone(id, {.token = token_of(key, id.substr(0, id.find(':')))});
    EXPECT_TRUE(eventually([&] { return made.settled(); })) << id << ": " << made.last_disconnection();
    return made;
  }

  /// The exit code of a client that comes with this token and leaves at the first message.
  int connect(const std::string& id, const std::string& password) {
    const std::string user = id.substr(0, id.find(':'));
    return run({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V", "mqttv5", "-i",
                id, "-u", user, "-P", password, "-t", "sync/status", "-C", "1", "-W", "5"})
        .code;
  }

  bool logged(const std::string& text) {
    return eventually([&] { return broker.log().find(text) != std::string::npos; });
  }

  const std::string keys_file = broker.folder() / "jwks.json";
  const std::string stamp_file = broker.folder() / "stamp.key";
  const std::string token_file = broker.folder() / "bridge.token";
  const SigningKey bridge_key{Algorithm::rs256, "bridge-2026"};
  const SigningKey phone_key{Algorithm::es256, "phones-2026"};
  const SigningKey next_key{Algorithm::eddsa, "phones-2027"};
};

TEST_F(Keys, APhoneWritesAndReadsThroughABridgeThatKnowsNoSecret) {
  auto& a = phone_with("alice:a", phone_key);
  auto& b = phone_with("bob:b", phone_key);
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "signed elsewhere"}})), "applied");
  settle();
  EXPECT_EQ(b.holds("m1")["text"], "signed elsewhere");
}

TEST_F(Keys, TokensThatAreNotTheIssuersAreRefused) {
  const Json claims = {{"sub", "alice"}, {"rooms", {"42"}}, {"exp", now_ms() / 1000 + 60}};
  EXPECT_EQ(connect("alice:x", phone_key.token(claims)), 0);
  EXPECT_EQ(connect("alice:x", SigningKey(Algorithm::es256, "phones-2026").token(claims)), refused_v5);
  EXPECT_EQ(connect("alice:x", next_key.token(claims)), refused_v5);
  EXPECT_EQ(connect("alice:x", Broker::token("alice")), refused_v5);
  // The public key as an HMAC secret, and no signature at all.
  for (const std::string& secret : {bridge_key.jwk().dump(), read_whole(keys_file), std::string()}) {
    const std::string text = SigningKey::text({{"alg", "HS256"}, {"kid", "bridge-2026"}}, claims.dump());
    EXPECT_EQ(connect("alice:x", text + "." + base64url_encode(hmac_sha256(secret, {text}))), refused_v5);
  }
  EXPECT_EQ(connect("alice:x", SigningKey::text({{"alg", "none"}}, claims.dump()) + "."), refused_v5);
  EXPECT_TRUE(logged("the header names a key that we do not have"));
}

TEST_F(Keys, KeysComeAndGoAndNobodyElseIsDropped) {
  auto& a = phone_with("alice:a", phone_key);
  replace_keys({bridge_key.jwk(), phone_key.jwk(), next_key.jwk()});
  ASSERT_TRUE(logged("read 3 keys")) << "without a signal or restart";
  auto& b = phone_with("bob:b", next_key);
  EXPECT_EQ(outcome(b, b.writes("m1", {{"text", "by the new key"}})), "applied");

  replace_keys({bridge_key.jwk(), next_key.jwk()});
  ASSERT_TRUE(logged("read 2 keys"));
  EXPECT_EQ(connect("carol:c", token_of(phone_key, "carol")), refused_v5);
  EXPECT_EQ(connect("carol:c", token_of(next_key, "carol")), 0);
  EXPECT_EQ(a.disconnections(), 0) << "its session stays until the tokens are verified anew: "
                                   << a.last_disconnection();

  broker.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return !a.connected(); })) << "the removed key's session is cut";
  EXPECT_TRUE(logged("refused client \"alice:a\"")) << "and does not come back";
  a.goes_offline();
  EXPECT_EQ(outcome(b, b.writes("m2", {{"text", "still here"}})), "applied");
  EXPECT_EQ(b.disconnections(), 0) << b.last_disconnection();
  EXPECT_EQ(bridge.log().find("event=disconnected"), std::string::npos) << bridge.log();
}

TEST_F(Keys, AFileThatBecameBadChangesNothing) {
  auto& a = phone_with("alice:a", phone_key);
  replace_keys_by(R"({"keys":[)");
  ASSERT_TRUE(logged("the keys were not read again"));
  EXPECT_EQ(connect("bob:b", token_of(phone_key, "bob")), 0);
  broker.process().signal(SIGHUP);
  ASSERT_TRUE(logged("the files were not reloaded"));
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "x"}})), "applied");
  EXPECT_EQ(a.disconnections(), 0) << a.last_disconnection();
}

/// What docs/access.md tells to type, block after block.
std::string documented_commands() {
  const std::string page = read_whole(MSYNC_SOURCE_DIR "/docs/access.md");
  std::string commands;
  for (auto at = page.find("### With nothing but openssl"); (at = page.find("```sh\n", at)) != page.npos;) {
    const auto begin = at + 6;
    at = page.find("```\n", begin);
    commands += page.substr(begin, at - begin);
  }
  return commands;
}

TEST_F(Keys, WhatTheDocumentationMakesWithOpensslLetsAliceIn) {
  const auto made = run({"sh", "-ec", documented_commands()}, {.directory = broker.folder().path()});
  ASSERT_EQ(made.code, 0) << made.err;  // it has replaced keys_file
  ASSERT_TRUE(logged("read 3 keys"));
  EXPECT_EQ(connect("alice:a", read_whole(broker.folder() / "alice.token")), 0);
}

TEST_F(Keys, ABrokerWithoutUsableKeysDoesNotStart) {
  bridge.stop();
  broker.stop();
  const auto fails_saying = [&](const std::string& why) {
    EXPECT_NE(broker.start_and_fail(), 0);
    EXPECT_NE(broker.log().find(why), std::string::npos) << why;
  };
  replace_keys_by("");
  fails_saying("jwks.json");
  Json with_private = phone_key.jwk();
  with_private["d"] = "AAAA";
  replace_keys({with_private});
  fails_saying("private key");
  std::remove(keys_file.c_str());
  fails_saying("cannot be read");
  broker.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys_file};
  fails_saying("plugin_opt_stamp_key_file");
  broker.options().key_lines = {"plugin_opt_jwt_jwks_file " + keys_file,
                                "plugin_opt_jwt_secret_file " + broker.secret_file()};
  fails_saying("keep one of the two");
}

}  // namespace
}  // namespace msync::test
