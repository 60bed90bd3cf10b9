#include "core/jws.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base64url.h"
#include "core/hmac.h"

namespace msync {
namespace {

const std::string kKey(32, 'k');

/// Signed rightly, whatever the header says.
std::string sign(std::string_view header, std::string_view payload, std::string_view key = kKey) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(hmac_sha256(key, {text}));
}

bool accepted(std::string_view compact) {
  return verify_jws_hs256(compact, kKey).ok();
}

TEST(Jws, VerifiesWhatItMakes) {
  const auto payload = verify_jws_hs256(make_jws_hs256("any bytes \xff", kKey), kKey);
  ASSERT_TRUE(payload.ok()) << payload.error().message;
  EXPECT_EQ(*payload, "any bytes \xff");
}

TEST(Jws, AcceptsTheExampleOfRfc7515) {
  const auto key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto payload = verify_jws_hs256(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      *key);
  ASSERT_TRUE(payload.ok()) << payload.error().message;
  EXPECT_EQ(*payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST(Jws, AlgMustBeHs256ToTheLetter) {
  EXPECT_TRUE(accepted(sign(R"({"alg":"HS256"})", "x")));
  for (const char* header : {R"({"alg":"none"})",
                             R"({"alg":"None"})",
                             R"({"alg":"nOnE"})",
                             R"({"alg":"hs256"})",
                             R"({"alg":"HS384"})",
                             R"({"alg":"RS256"})",
                             R"({"alg":""})",
                             R"({"alg":null})",
                             R"({"alg":["HS256"]})",
                             R"({"alg":"HS256\u0000"})",
                             R"({})",
                             R"({"Alg":"HS256"})",
                             R"({"alg":"none","alg":"HS256"})",
                             R"({"alg":"HS256","alg":"HS256"})",
                             R"(["HS256"])",
                             R"("HS256")",
                             "null",
                             "",
                             "{",
                             "\xff"}) {
    EXPECT_FALSE(accepted(sign(header, "x"))) << header;
  }
}

TEST(Jws, UnsignedIsRefusedWhateverAlgSays) {
  const std::string payload = base64url_encode(R"({"sub":"alice"})");
  for (const char* alg : {"none", "None", "nOnE", "HS256"}) {
    const std::string header = base64url_encode(std::string(R"({"alg":")") + alg + R"("})");
    EXPECT_FALSE(accepted(header + "." + payload + ".")) << alg;
    EXPECT_FALSE(accepted(header + "." + payload)) << alg;
    EXPECT_FALSE(verify_jws_hs256(header + "." + payload + ".", "").ok()) << alg;
  }
}

TEST(Jws, APublicKeyIsNoSecret) {
  const std::string pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----";
  EXPECT_FALSE(accepted(sign(R"({"alg":"HS256"})", "x", pem)));
  EXPECT_FALSE(accepted(sign(R"({"alg":"HS256"})", "x", pem + "\n")));
  EXPECT_FALSE(accepted(sign(R"({"alg":"HS256"})", "x", "")));
}

TEST(Jws, HeadersThatBringOrNameAKeyAreRefused) {
  for (const char* header : {R"({"alg":"HS256","crit":["exp"]})", R"({"alg":"HS256","crit":[]})",
                             R"({"alg":"HS256","b64":false,"crit":["b64"]})",
                             R"({"alg":"HS256","jku":"https://evil.example/jwks"})",
                             R"({"alg":"HS256","x5u":"file:///etc/passwd"})", R"({"alg":"HS256","x5c":[]})",
                             R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})"}) {
    EXPECT_FALSE(accepted(sign(header, "x"))) << header;
  }
}

TEST(Jws, AKidNeitherHelpsNorHarms) {
  for (const std::string& kid :
       {std::string("../../dev/null"), std::string("x' OR 1=1 --"), std::string(4000, 'k')}) {
    const std::string header = R"({"alg":"HS256","kid":")" + kid + R"("})";
    EXPECT_TRUE(accepted(sign(header, "x")));
    EXPECT_FALSE(accepted(sign(header, "x", std::string(32, '\0'))));
    EXPECT_FALSE(accepted(sign(header, "x", "")));
  }
}

TEST(Jws, EveryOtherSpellingOfATokenIsRefused) {
  const std::string good = sign(R"({"alg":"HS256"})", "xy");
  ASSERT_TRUE(accepted(good));
  const auto dot = good.find('.');
  for (const std::string& bad :
       {good + "=", good + "==", good + "\n", " " + good, good + ".", good + ".foo", "." + good,
        good + std::string("\0garbage", 8), good.substr(0, dot) + "=" + good.substr(dot), good.substr(dot),
        good.substr(0, good.rfind('.')), good.substr(0, good.rfind('.') + 1), std::string(),
        std::string(".."), std::string("..."), std::string(R"({"payload":"eHk","signatures":[]})")}) {
    EXPECT_FALSE(accepted(bad)) << bad;
  }
}

TEST(Jws, NoCharacterCanBeChanged) {
  const std::string good = sign(R"({"alg":"HS256"})", "payload");
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', '_', '+', '/', '.', '=', '\0'}) {
      std::string bad = good;
      if (bad[i] == c) continue;
      bad[i] = c;
      EXPECT_FALSE(accepted(bad)) << i << c;
    }
  }
}

TEST(Jws, ATokenIsRefusedByItsLengthBeforeItIsLookedAt) {
  const auto result = verify_jws_hs256(std::string(65'535, 'A'), kKey);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("16384"), std::string::npos);
  EXPECT_FALSE(accepted(sign(R"({"alg":"HS256"})", std::string(limits::max_token_bytes, 'x'))));
}

TEST(Jws, ADeepHeaderIsRefusedAlsoFromAHolderOfTheSecret) {
  EXPECT_FALSE(accepted(sign(std::string(10'000, '['), "x")));
  std::string deep = R"({"alg":"HS256","x":)" + std::string(5'000, '[') + std::string(5'000, ']') + "}";
  EXPECT_FALSE(accepted(sign(deep, "x")));
}

// Project Wycheproof's vectors, where MSYNC_JWS_CORPUS names the folder that holds them. They leave open how
// lenient a decoder is in four places; ours is not lenient at all.
TEST(Jws, AgreesWithWycheproof) {
  const char* folder = std::getenv("MSYNC_JWS_CORPUS");
  if (!folder) GTEST_SKIP() << "MSYNC_JWS_CORPUS does not name a folder with json_web_signature_test.json";
  std::ifstream file(std::string(folder) + "/json_web_signature_test.json");
  ASSERT_TRUE(file) << "cannot read json_web_signature_test.json in " << folder;
  const Json corpus = Json::parse(file);
  int seen = 0;
  for (const Json& group : corpus.at("testGroups")) {
    const Json& jwk = group.contains("private") ? group["private"] : group["public"];
    if (jwk.value("kty", "") != "oct" || jwk.value("alg", "") != "HS256") continue;
    const auto key = base64url_decode(jwk.at("k").get<std::string>());
    ASSERT_TRUE(key);
    for (const Json& test : group.at("tests")) {
      const int id = test.at("tcId");
      // 367 and 370 are, to the letter, the valid 357; 372 and 373 hold a `?` that only a lenient decoder
      // skips.
      if (id == 367 || id == 370) continue;
      const bool valid = test.at("result") == "valid" && id != 372 && id != 373;
      const std::string compact =
          test.at("jws").is_string() ? test.at("jws").get<std::string>() : test.at("jws").dump();
      EXPECT_EQ(verify_jws_hs256(compact, *key).ok(), valid) << id << " " << test.at("comment");
      ++seen;
    }
  }
  EXPECT_EQ(seen, 38);
}

}  // namespace
}  // namespace msync
