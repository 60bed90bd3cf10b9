#include "core/token.h"

#include <gtest/gtest.h>

#include "core/jws.h"

namespace msync {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
constexpr std::int64_t kNow = 1'795'232'472;

TokenPolicy policy() {
  TokenPolicy one;
  one.secret = kSecret;
  return one;
}

/// A token over exactly this text, rightly signed.
std::string signed_text(std::string_view claims) {
  return make_jws_hs256(claims, kSecret);
}

Result<Identity> verify(const Json& claims, const TokenPolicy& with = policy()) {
  return verify_token(make_token(claims, kSecret), with, kNow);
}

Json good() {
  return {{"sub", "alice"}, {"exp", kNow + 3600}};
}

Json good_but(const char* name, const Json& value) {
  Json claims = good();
  claims[name] = value;
  return claims;
}

std::string reason(const Result<Identity>& result) {
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code, Code::token);
  return result.error().message;
}

TEST(Token, TheDocumentedOneIsAlices) {
  // The vector of docs/protocol.md, "Test vectors".
  const std::string token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
      ".eyJleHAiOjE3OTUyMzYwNzIsInJvb21zIjpbIjQyIiwiNDMiXSwic3ViIjoiYWxpY2UifQ"
      ".QLaTkJNRRlcMyBnVxmnb_0jHjxDkjWePtS-KJ7SWDm4";
  EXPECT_EQ(make_token({{"sub", "alice"}, {"rooms", {"42", "43"}}, {"exp", 1795236072}}, kSecret), token);
  const auto who = verify_token(token, policy(), kNow);
  ASSERT_TRUE(who.ok()) << who.error().message;
  EXPECT_EQ(who->user, "alice");
  EXPECT_EQ(who->expires_at_s, 1795236072);
  EXPECT_EQ(who->claims["rooms"], Json({"42", "43"}));
  EXPECT_TRUE(who->roles.empty());
  EXPECT_FALSE(who->bridge);
}

TEST(Token, AnotherSecretsTokenIsRefused) {
  const std::string other = "another secret of thirty-two bytes";
  EXPECT_NE(reason(verify_token(make_token(good(), other), policy(), kNow)), "accepted");
  EXPECT_NE(reason(verify_token(make_token(good(), ""), policy(), kNow)), "accepted");
}

TEST(Token, WhatFollowsANulIsNotOverlooked) {
  const std::string token = make_token(good(), kSecret);
  EXPECT_EQ(reason(verify_token(token, policy(), kNow)), "accepted");
  EXPECT_NE(reason(verify_token(token + std::string("\0x", 2), policy(), kNow)), "accepted");
}

TEST(Token, ExpIsRequired) {
  EXPECT_EQ(reason(verify({{"sub", "alice"}})), "no exp");
}

TEST(Token, ExpMustBeATime) {
  for (const Json& exp :
       {Json("1795236072"), Json(-1), Json(-1.5), Json(nullptr), Json(true), Json(Json::array()),
        Json(9007199254740992), Json(9223372036854775807), Json(18446744073709551615ULL), Json(1e300)}) {
    EXPECT_EQ(reason(verify(good_but("exp", exp))), "exp is no time") << exp;
  }
  for (const char* claims : {R"({"sub":"alice","exp":1e400})", R"({"sub":"alice","exp":NaN})",
                             R"({"sub":"alice","exp":9223372036854775808})",
                             R"({"sub":"alice","exp":123456789012345678901234567890})"}) {
    EXPECT_NE(reason(verify_token(signed_text(claims), policy(), kNow)), "accepted") << claims;
  }
}

TEST(Token, ExpMayHaveAFraction) {
  const auto who = verify(good_but("exp", static_cast<double>(kNow) + 60.75));
  ASSERT_TRUE(who.ok()) << who.error().message;
  EXPECT_EQ(who->expires_at_s, kNow + 60);
}

TEST(Token, ExpiryAllowsTheLeewayToTheSecond) {
  EXPECT_EQ(reason(verify(good_but("exp", kNow - 30))), "accepted");
  EXPECT_EQ(reason(verify(good_but("exp", kNow - 31))), "expired");
  EXPECT_EQ(reason(verify(good_but("exp", 0))), "expired");
  TokenPolicy strict = policy();
  strict.leeway_s = 0;
  EXPECT_EQ(reason(verify(good_but("exp", kNow), strict)), "accepted");
  EXPECT_EQ(reason(verify(good_but("exp", kNow - 1), strict)), "expired");
}

TEST(Token, ALifeLongerThanAllowedIsRefused) {
  EXPECT_EQ(reason(verify(good_but("exp", kNow + 86'400))), "accepted");
  EXPECT_EQ(reason(verify(good_but("exp", kNow + 86'401))), "exp is more than 86400 s ahead");
  EXPECT_EQ(reason(verify(good_but("exp", 9007199254740991))), "exp is more than 86400 s ahead");
}

TEST(Token, ALifeLongerThanAllowedIsRefusedInItsLastHourToo) {
  const std::int64_t longest_s = policy().max_ttl_s + policy().leeway_s;
  Json claims = good_but("iat", kNow + 3600 - longest_s);
  EXPECT_TRUE(verify(claims).ok()) << reason(verify(claims));
  claims["iat"] = kNow + 3600 - longest_s - 1;
  EXPECT_EQ(reason(verify(claims)),
            "exp is more than " + std::to_string(policy().max_ttl_s) + " s after iat");
}

TEST(Token, NbfAndIatMayBeAheadByTheLeeway) {
  for (const char* name : {"nbf", "iat"}) {
    EXPECT_EQ(reason(verify(good_but(name, kNow + 30))), "accepted");
    EXPECT_EQ(reason(verify(good_but(name, kNow + 31))), std::string(name) + " is in the future");
    EXPECT_EQ(reason(verify(good_but(name, kNow - 80'000))), "accepted");
    for (const Json& odd : {Json("0"), Json(-1), Json(nullptr), Json(Json::object())}) {
      EXPECT_EQ(reason(verify(good_but(name, odd))), std::string(name) + " is no time");
    }
  }
}

TEST(Token, IssuerMustEqualWhereOneIsConfigured) {
  TokenPolicy with = policy();
  with.issuer = "https://id.example.com";
  EXPECT_EQ(reason(verify(good_but("iss", "https://id.example.com"), with)), "accepted");
  for (const Json& iss : {Json("https://id.example.com/"), Json("https://evil.example"), Json(""),
                          Json(nullptr), Json({"https://id.example.com"})}) {
    EXPECT_EQ(reason(verify(good_but("iss", iss), with)), "iss is not ours");
  }
  EXPECT_EQ(reason(verify(good(), with)), "iss is not ours");
  EXPECT_EQ(reason(verify(good_but("iss", "https://evil.example"))), "accepted");
}

TEST(Token, AudienceMayBeATextOrAListOfTexts) {
  TokenPolicy with = policy();
  with.audience = "sync";
  EXPECT_EQ(reason(verify(good_but("aud", "sync"), with)), "accepted");
  EXPECT_EQ(reason(verify(good_but("aud", {"other", "sync"}), with)), "accepted");
  for (const Json& aud : {Json("other"), Json("syncx"), Json(Json::array()), Json({"other"}),
                          Json({"sync", 7}), Json({{"sync", true}}), Json(nullptr), Json(7)}) {
    EXPECT_EQ(reason(verify(good_but("aud", aud), with)), "aud is not ours") << aud;
  }
  EXPECT_EQ(reason(verify(good(), with)), "aud is not ours");
}

TEST(Token, TheUserMustBeALevelOfATopic) {
  for (const Json& sub : {Json(""), Json("a+b"), Json("#"), Json("a/b"), Json("$SYS"), Json("a\nb"),
                          Json("a\x7f"), Json("a\u0085"), Json(std::string("a\0b", 3)),
                          Json(std::string(129, 'a')), Json(std::string(10'000, 'a'))}) {
    EXPECT_EQ(reason(verify(good_but("sub", sub))), "claim sub cannot be a level of a topic") << sub;
  }
  for (const Json& sub : {Json(nullptr), Json(7), Json({"alice"}), Json({{"a", "b"}})}) {
    EXPECT_EQ(reason(verify(good_but("sub", sub))), "no user: claim sub is no text") << sub;
  }
  EXPECT_EQ(reason(verify({{"exp", kNow}})), "no user: claim sub is no text");
  EXPECT_EQ(reason(verify(good_but("sub", "Ærøskøbing..✓"))), "accepted");
}

TEST(Token, UsersThatLookAlikeAreDifferentUsers) {
  EXPECT_EQ(verify(good_but("sub", "Alice"))->user, "Alice");
  EXPECT_EQ(verify(good_but("sub", "\u0430lice"))->user, "\u0430lice");
  EXPECT_EQ(verify(good_but("sub", ".."))->user, "..");
}

TEST(Token, TheUserClaimIsConfigurable) {
  TokenPolicy with = policy();
  with.user_claim = "login";
  EXPECT_EQ(reason(verify(good(), with)), "no user: claim login is no text");
  EXPECT_EQ(verify(good_but("login", "bob"), with)->user, "bob");
}

TEST(Token, AMemberTwiceIsRefused) {
  for (const char* claims : {R"({"sub":"alice","sub":"bob","exp":1795236072})",
                             R"({"sub":"alice","exp":1795236072,"exp":1795236072})",
                             R"({"sub":"alice","exp":1795236072,"x":{"a":1,"a":1}})"}) {
    EXPECT_EQ(reason(verify_token(signed_text(claims), policy(), kNow)),
              "the claims are no JSON object, or one is there twice");
  }
}

TEST(Token, ClaimsThatAreNoObjectAreRefused) {
  for (const char* claims : {"", "[]", "null", "\"alice\"", "{", "{} {}", "\xff"}) {
    EXPECT_EQ(reason(verify_token(signed_text(claims), policy(), kNow)),
              "the claims are no JSON object, or one is there twice");
  }
}

TEST(Token, RolesAreAListOfTexts) {
  const auto who = verify(good_but("roles", {"editor", "operator"}));
  ASSERT_TRUE(who.ok()) << who.error().message;
  EXPECT_EQ(who->roles, (std::vector<std::string>{"editor", "operator"}));
  EXPECT_EQ(reason(verify(good_but("roles", "editor"))), "roles is no list");
  EXPECT_EQ(reason(verify(good_but("roles", nullptr))), "roles is no list");
  EXPECT_EQ(reason(verify(good_but("roles", {"editor", 7}))), "roles has an element that is no text");
}

TEST(Token, OnlyTheConfiguredUserIsTheBridge) {
  const Json roles = {"bridge", "editor", "bridge"};
  const auto thief = verify(good_but("roles", roles));
  ASSERT_TRUE(thief.ok());
  EXPECT_FALSE(thief->bridge);
  EXPECT_EQ(thief->roles, std::vector<std::string>{"editor"});

  const auto bridge = verify({{"sub", "mosquitto-sync"}, {"exp", kNow + 60}, {"roles", roles}});
  ASSERT_TRUE(bridge.ok());
  EXPECT_TRUE(bridge->bridge);

  const auto without = verify({{"sub", "mosquitto-sync"}, {"exp", kNow + 60}});
  ASSERT_TRUE(without.ok());
  EXPECT_FALSE(without->bridge);
}

TEST(Token, ReasonsNeverQuoteTheToken) {
  const std::string marker = "MARKER";
  for (const Json& claims : {good_but("sub", marker + "/"), good_but("exp", marker), good_but("nbf", marker),
                             good_but("roles", marker)}) {
    EXPECT_EQ(reason(verify(claims)).find(marker), std::string::npos);
  }
  EXPECT_EQ(reason(verify_token("MARKER.MARKER.MARKER", policy(), kNow)).find(marker), std::string::npos);
}

TEST(Token, DeepOrHugeTokensAreRefused) {
  EXPECT_NE(reason(verify_token(std::string(65'535, '.'), policy(), kNow)), "accepted");
  EXPECT_NE(reason(verify_token(signed_text(std::string(10'000, '[')), policy(), kNow)), "accepted");
  std::string many = R"({"sub":"alice","exp":1795236072)";
  for (int i = 0; i < 100'000; ++i) many += ",\"c" + std::to_string(i) + "\":0";
  EXPECT_NE(reason(verify_token(signed_text(many + "}"), policy(), kNow)), "accepted");
}

TEST(Secret, IsTheFileWithoutOneNewlineAtItsEnd) {
  EXPECT_EQ(*parse_secret(std::string(kSecret) + "\n"), kSecret);
  EXPECT_EQ(*parse_secret(std::string(kSecret) + "\r\n"), kSecret);
  EXPECT_EQ(*parse_secret(kSecret), kSecret);
  EXPECT_EQ(*parse_secret(std::string(kSecret) + "\n\n"), std::string(kSecret) + "\n");
  EXPECT_EQ(*parse_secret(std::string("\n ") + kSecret), std::string("\n ") + kSecret);
}

TEST(Secret, ShorterThanThirtyTwoBytesIsRefused) {
  for (const std::string& file :
       {std::string(), std::string("\n"), std::string(31, 'x'), std::string(31, 'x') + "\n"}) {
    const auto secret = parse_secret(file);
    ASSERT_FALSE(secret.ok());
    EXPECT_EQ(secret.error().code, Code::bad_config);
  }
}

}  // namespace
}  // namespace msync
