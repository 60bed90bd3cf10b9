#include "core/jwks.h"

#include <gtest/gtest.h>

#include "tests/signing_key.h"

namespace msync {
namespace {

// Made once: an RSA key takes a tenth of a second.
const SigningKey& rsa() {
  static const SigningKey key(Algorithm::rs256, "rsa");
  return key;
}
const SigningKey& ec() {
  static const SigningKey key(Algorithm::es256, "ec");
  return key;
}
const SigningKey& ed() {
  static const SigningKey key(Algorithm::eddsa, "ed");
  return key;
}
const SigningKey& hs() {
  static const SigningKey key(Algorithm::hs256, "hs");
  return key;
}

KeySet::Loaded load(std::initializer_list<Json> keys) {
  return KeySet::load("jwks.json", jwks(keys));
}

/// The key with this member set, or without it where the value is discarded.
Json with(Json jwk, const char* member, Json value) {
  jwk[member] = std::move(value);
  return jwk;
}
Json without(Json jwk, const char* member) {
  jwk.erase(member);
  return jwk;
}

/// The only problem that this key has, as a log would show it, though a good one stands beside it.
std::string problem(const Json& jwk) {
  const auto loaded = load({ed().jwk(), jwk});
  if (loaded.problems.size() != 1) return std::to_string(loaded.problems.size()) + " problems";
  return to_string(loaded.problems[0]);
}

/// True if the file is good and this key is not in it.
bool left_out(const Json& jwk) {
  const auto loaded = load({ed().jwk(), jwk});
  return loaded.problems.empty() && loaded.keys.size() == 1;
}

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST(Jwks, KeysOfEveryKindAreFoundByTheirNames) {
  const auto loaded = load({rsa().jwk(), ec().jwk(), ed().jwk(), hs().jwk()});
  for (const Problem& one : loaded.problems) ADD_FAILURE() << to_string(one);
  EXPECT_EQ(loaded.keys.size(), 4u);
  EXPECT_TRUE(loaded.warnings.empty());
  for (const SigningKey* key : {&rsa(), &ec(), &ed(), &hs()}) {
    const std::string alg = to_string(key->algorithm()), kid = key->jwk()["kid"];
    const auto found = loaded.keys.find(alg, kid);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ((*found)->algorithm(), key->algorithm());
  }
}

TEST(Jwks, AKeyIsFoundOnlyForItsAlgorithm) {
  const auto loaded = load({rsa().jwk(), ec().jwk()});
  for (const char* alg : {"PS256", "HS256", "ES256", "EdDSA", "RS384", "rs256", "none", ""}) {
    EXPECT_FALSE(loaded.keys.find(alg, "rsa").ok()) << alg;
  }
  EXPECT_FALSE(loaded.keys.find("RS256", "RSA").ok());
  EXPECT_FALSE(loaded.keys.find("RS256", "").ok());
  EXPECT_FALSE(loaded.keys.find("RS256", "ec").ok());
}

TEST(Jwks, WithoutANameTheOnlyKeyOfAnAlgorithmIsMeant) {
  const auto one = load({rsa().jwk(), ec().jwk()});
  EXPECT_TRUE(one.keys.find("RS256", std::nullopt).ok());
  EXPECT_FALSE(one.keys.find("EdDSA", std::nullopt).ok());
  const auto two = load({rsa().jwk(), ec().jwk(), with(ec().jwk(), "kid", "other")});
  EXPECT_TRUE(two.keys.find("RS256", std::nullopt).ok());
  EXPECT_FALSE(two.keys.find("ES256", std::nullopt).ok());
}

TEST(Jwks, AKeyWithoutANameIsNotFoundByOne) {
  const auto loaded = load({without(ec().jwk(), "kid")});
  EXPECT_TRUE(loaded.keys.find("ES256", std::nullopt).ok());
  EXPECT_FALSE(loaded.keys.find("ES256", "ec").ok());
  EXPECT_FALSE(loaded.keys.find("ES256", "").ok());
}

TEST(Jwks, OnlyKindsWithOneAlgorithmMayLeaveItOut) {
  EXPECT_TRUE(load({without(ec().jwk(), "alg"), without(ed().jwk(), "alg")}).problems.empty());
  EXPECT_TRUE(says(problem(without(rsa().jwk(), "alg")), "/keys/1/alg: is missing"))
      << problem(without(rsa().jwk(), "alg"));
  EXPECT_TRUE(says(problem(without(hs().jwk(), "alg")), "/keys/1/alg: is missing"));
}

TEST(Jwks, AnAlgorithmOfAnotherKindIsRefused) {
  for (const char* alg : {"HS256", "ES256", "EdDSA"}) {
    EXPECT_TRUE(says(problem(with(rsa().jwk(), "alg", alg)), "/keys/1/alg")) << alg;
  }
  EXPECT_TRUE(says(problem(with(ec().jwk(), "alg", "HS256")), "/keys/1/alg"));
  EXPECT_TRUE(says(problem(with(hs().jwk(), "alg", "RS256")), "/keys/1/alg"));
  EXPECT_TRUE(says(problem(with(ec().jwk(), "alg", nullptr)), "/keys/1/alg"));
  EXPECT_TRUE(says(problem(with(ec().jwk(), "kty", "RSA")), "/keys/1/alg"));
}

TEST(Jwks, KeysForOtherPurposesAreLeftOutSilently) {
  for (const Json& jwk : {with(rsa().jwk(), "use", "enc"), with(rsa().jwk(), "use", nullptr),
                          with(rsa().jwk(), "key_ops", {"encrypt"}), with(rsa().jwk(), "key_ops", "verify"),
                          with(without(rsa().jwk(), "alg"), "use", "enc")}) {
    EXPECT_TRUE(left_out(jwk)) << jwk;
    EXPECT_TRUE(load({ed().jwk(), jwk}).warnings.empty());
  }
  EXPECT_FALSE(left_out(with(rsa().jwk(), "key_ops", {"verify"})));
  EXPECT_FALSE(left_out(without(rsa().jwk(), "use")));
}

TEST(Jwks, KindsThatWeDoNotVerifyAreLeftOutWithAWarning) {
  for (const Json& jwk :
       {with(rsa().jwk(), "alg", "RS384"), with(ec().jwk(), "alg", "ES521"), with(ec().jwk(), "crv", "P-384"),
        with(ec().jwk(), "crv", "secp256k1"), with(without(ed().jwk(), "kid"), "crv", "Ed448"),
        with(without(ed().jwk(), "kid"), "crv", "X25519"), with(hs().jwk(), "alg", "A256KW"),
        Json{{"kty", "AKP"}, {"alg", "ML-DSA-44"}}}) {
    EXPECT_TRUE(left_out(jwk)) << jwk;
    const auto warnings = load({ed().jwk(), jwk}).warnings;
    ASSERT_EQ(warnings.size(), 1u) << jwk;
    EXPECT_TRUE(says(to_string(warnings[0]), "jwks.json: /keys/1: is left out: ")) << to_string(warnings[0]);
  }
}

TEST(Jwks, APrivateKeyIsRefusedLoudlyAlsoWhereItsKeyIsNotMeant) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    EXPECT_TRUE(says(problem(with(rsa().jwk(), member, "AQAB")), "private key")) << member;
  }
  EXPECT_TRUE(says(problem(with(ec().jwk(), "d", "AQAB")), "private key"));
  EXPECT_TRUE(says(problem(with(with(rsa().jwk(), "use", "enc"), "d", "AQAB")), "private key"));
  EXPECT_TRUE(says(problem(with(with(rsa().jwk(), "kty", "unknown"), "d", nullptr)), "private key"));
}

TEST(Jwks, WeakKeysAreRefused) {
  EXPECT_TRUE(says(problem(SigningKey(Algorithm::rs256, "weak", 1024).jwk()), "1024 bits"));
  EXPECT_TRUE(
      says(problem(with(rsa().jwk(), "n", base64url_encode(std::string(1025, '\xff')))), "8200 bits"));
  EXPECT_TRUE(says(problem(with(rsa().jwk(), "n", base64url_encode(std::string(256, '\xfe')))), "even"));
  for (const std::string& e :
       {std::string(), std::string("\x01"), std::string("\x02"), std::string(9, '\xff')}) {
    EXPECT_TRUE(says(problem(with(rsa().jwk(), "e", base64url_encode(e))), "exponent")) << e.size();
  }
  EXPECT_TRUE(says(problem(SigningKey(Algorithm::hs256, "short", 31).jwk()), "31 bytes"));
  EXPECT_TRUE(says(problem(with(hs().jwk(), "k", "")), "0 bytes"));
}

TEST(Jwks, BrokenKeysAreRefused) {
  EXPECT_TRUE(says(problem(with(ec().jwk(), "x", ed().jwk()["x"])), "no point of P-256"));
  EXPECT_TRUE(says(problem(with(ec().jwk(), "x", base64url_encode(std::string(33, '\0')))), "32 bytes"));
  EXPECT_TRUE(says(problem(with(ec().jwk(), "x", base64url_encode(std::string(31, '\1')))), "32 bytes"));
  EXPECT_TRUE(says(problem(with(with(ed().jwk(), "kid", "2"), "x", "AAAA")), "32 bytes"));
  EXPECT_TRUE(says(problem(with(rsa().jwk(), "n", "AAA=")), "/keys/1/n: is not base64url"));
  EXPECT_TRUE(says(problem(with(rsa().jwk(), "n", 17)), "/keys/1/n"));
  for (const char* member : {"n", "e"})
    EXPECT_TRUE(says(problem(without(rsa().jwk(), member)), "is missing")) << member;
  for (const char* member : {"x", "y"})
    EXPECT_TRUE(says(problem(without(ec().jwk(), member)), "is missing")) << member;
  EXPECT_TRUE(says(problem(without(hs().jwk(), "k")), "is missing"));
  EXPECT_TRUE(says(problem(without(hs().jwk(), "kty")), "/keys/1/kty"));
  EXPECT_TRUE(says(problem(with(ec().jwk(), "kid", 7)), "/keys/1/kid"));
  EXPECT_TRUE(says(problem("key"), "/keys/1: is no JSON object"));
}

TEST(Jwks, TwoKeysOfOneNameAreRefused) {
  EXPECT_TRUE(says(problem(with(ec().jwk(), "kid", "ed")), "/keys/1/kid: is another key's"));
}

TEST(Jwks, EveryMistakeIsReportedWithItsPlaceAndNothingOfTheKeyIsQuoted) {
  const auto loaded = load({with(rsa().jwk(), "d", "PRIVATE"), ec().jwk(), without(hs().jwk(), "alg"),
                            with(ed().jwk(), "kid", 1)});
  ASSERT_EQ(loaded.problems.size(), 3u);
  for (const Problem& one : loaded.problems) {
    EXPECT_EQ(one.file, "jwks.json");
    EXPECT_FALSE(one.remedy.empty());
    EXPECT_FALSE(says(to_string(one), "PRIVATE"));
    EXPECT_FALSE(says(to_string(one), hs().jwk()["k"].get<std::string>().c_str()));
  }
  EXPECT_EQ(loaded.problems[1].place, "/keys/2/alg");
}

TEST(Jwks, WhatIsNoSetOfKeysIsRefused) {
  for (const std::string& bytes :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{}"),
        std::string(R"({"keys":{}})"), std::string(R"({"keys":[]})"), std::string(R"({"keys":[],"keys":[]})"),
        rsa().jwk().dump(), std::string("-----BEGIN PUBLIC KEY-----"),
        jwks({with(rsa().jwk(), "use", "enc")})}) {
    EXPECT_EQ(KeySet::load("f", bytes).problems.size(), 1u) << bytes;
  }
}

TEST(Jwks, AHugeSetIsRefusedByItsSizeOrNumber) {
  EXPECT_TRUE(says(to_string(KeySet::load("f", std::string(limits::max_jwks_bytes + 1, ' ')).problems.at(0)),
                   "262144"));
  Json many = Json::array();
  for (std::size_t i = 0; i < limits::max_jwks_keys; ++i)
    many.push_back(with(ed().jwk(), "kid", std::to_string(i)));
  EXPECT_TRUE(KeySet::load("f", Json{{"keys", many}}.dump()).problems.empty());
  many.push_back(with(ed().jwk(), "kid", "one more"));
  EXPECT_TRUE(says(to_string(KeySet::load("f", Json{{"keys", many}}.dump()).problems.at(0)), "more than 64"));
}

TEST(Jwks, SecretsInASetAreNoticed) {
  EXPECT_FALSE(load({rsa().jwk(), ec().jwk()}).keys.has_secrets());
  EXPECT_TRUE(load({rsa().jwk(), hs().jwk()}).keys.has_secrets());
}

}  // namespace
}  // namespace msync
