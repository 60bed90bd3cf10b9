#include "cli/claims.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

ClaimArguments alice() {
  ClaimArguments arguments;
  arguments.user = "alice";
  return arguments;
}

Json made(const ClaimArguments& arguments) {
  auto claims = make_claims(arguments, 1000, "j");
  return claims ? *claims : Json(claims.error().message);
}

std::string refused(const ClaimArguments& arguments) {
  const auto claims = make_claims(arguments, 1000, "j");
  return claims ? "" : claims.error().message;
}

TEST(Claims, AUserAndAnHour) {
  EXPECT_EQ(made(alice()), Json::parse(R"({"sub":"alice","iat":1000,"exp":4600,"jti":"j"})"));
}

TEST(Claims, RolesAreAlwaysAList) {
  auto arguments = alice();
  arguments.roles = {"editor"};
  EXPECT_EQ(made(arguments)["roles"], Json::array({"editor"}));
}

TEST(Claims, OneValueIsAStringSeveralAreAList) {
  auto arguments = alice();
  arguments.claims = {"team=red", "rooms=42,43", "city=a", "city=b", "single=x,"};
  const Json claims = made(arguments);
  EXPECT_EQ(claims["team"], "red");
  EXPECT_EQ(claims["rooms"], Json::array({"42", "43"}));
  EXPECT_EQ(claims["city"], Json::array({"a", "b"}));
  EXPECT_EQ(claims["single"], Json::array({"x", ""}));
}

TEST(Claims, AValueMayHoldAnEqualsSign) {
  auto arguments = alice();
  arguments.claims = {"query=a=b"};
  EXPECT_EQ(made(arguments)["query"], "a=b");
}

TEST(Claims, TheUserMayStandInAnotherClaim) {
  auto arguments = alice();
  arguments.user_claim = "uid";
  const Json claims = made(arguments);
  EXPECT_EQ(claims["uid"], "alice");
  EXPECT_FALSE(claims.contains("sub"));
}

TEST(Claims, TimesHaveAUnit) {
  auto arguments = alice();
  for (const auto& [ttl, seconds] : {std::pair{"30s", 30}, {"10m", 600}, {"12h", 43200}, {"1d", 86400}}) {
    arguments.ttl = ttl;
    EXPECT_EQ(made(arguments)["exp"], 1000 + seconds) << ttl;
  }
  for (const char* ttl : {"", "1", "h", "0s", "-1h", "1 h", "1w"}) {
    arguments.ttl = ttl;
    EXPECT_NE(refused(arguments).find("--ttl"), std::string::npos) << ttl;
  }
}

TEST(Claims, AUserThatThePluginWouldRefuseIsRefusedHere) {
  auto arguments = alice();
  for (const char* user : {"", "a/b", "a+b", "#", "$SYS", "a\nb"}) {
    arguments.user = user;
    EXPECT_NE(refused(arguments).find("--sub"), std::string::npos) << user;
  }
}

TEST(Claims, WhatHasAFlagOfItsOwnIsNoClaim) {
  auto arguments = alice();
  for (const char* claim : {"sub=bob", "roles=bridge", "exp=1", "iat=1", "jti=1", "=x", "x"}) {
    arguments.claims = {claim};
    EXPECT_NE(refused(arguments), "") << claim;
  }
}

}  // namespace
}  // namespace msync
