#include "bridge/http/router.h"

#include <gtest/gtest.h>

#include "core/limits.h"

namespace msync {
namespace {

Route parsed(std::string_view target) {
  auto route = parse_target(target);
  EXPECT_TRUE(route.ok()) << target;
  return route ? *route : Route{};
}

TEST(HttpRouterTest, AnEncodedSlashBelongsToTheScope) {
  const Route route = parsed("/v1/scopes/chat%2F42%2fmessages/docs/m%201?limit=10&after=a%26b");
  EXPECT_EQ(route.kind, Route::Kind::document);
  EXPECT_EQ(route.scope, "chat/42/messages");
  EXPECT_EQ(route.id, "m 1");
  EXPECT_EQ(route.parameter("limit"), "10");
  EXPECT_EQ(route.parameter("after"), "a&b");
  EXPECT_EQ(route.parameter("other"), "");
}

TEST(HttpRouterTest, EveryAddressOfOursIsKnown) {
  EXPECT_EQ(parsed("/healthz").kind, Route::Kind::health);
  EXPECT_EQ(parsed("/readyz?x=1").kind, Route::Kind::ready);
  EXPECT_EQ(parsed("/mqtt").kind, Route::Kind::gateway);
  EXPECT_EQ(parsed("/v1/scopes/a/docs").kind, Route::Kind::documents);
  EXPECT_EQ(parsed("/v1/scopes/a/changes").kind, Route::Kind::changes);
  EXPECT_EQ(parsed("/v1/scopes/a/history/b").kind, Route::Kind::history);
}

TEST(HttpRouterTest, EverythingElseIsAPageOrNothing) {
  for (const char* target : {"/", "/metrics", "/v1", "/v1/scopes", "/v1/scopes/a", "/v1/scopes/a/history",
                             "/v1/scopes/a/changes/b", "/v1/scopes/a/docs/b/c", "/v1/../healthz",
                             "/v1%2Fscopes/a/docs", "//healthz", "/healthz/", "/HEALTHZ"})
    EXPECT_EQ(parsed(target).kind, Route::Kind::page) << target;
}

TEST(HttpRouterTest, WhatCannotBeReadIsRefused) {
  for (const char* target :
       {"", "healthz", "http://host/healthz", "/a b", "/a\tb", "/a#b", "/?a=1&a=2", "/?%zz=1", "/?a=%4",
        "/v1/scopes/%/docs", "/v1/scopes/%00/docs", "/v1/scopes/%ff/docs", "/v1/scopes/a/docs/",
        "/v1/scopes/a/docs/%2F", "/v1/scopes/a/docs/%2B", "/v1/scopes/a/docs/%0a", "/v1/scopes/a/docs/$sys"})
    EXPECT_FALSE(parse_target(target).ok()) << target;
  EXPECT_FALSE(parse_target("/" + std::string(9000, 'a')).ok());
}

TEST(HttpRouterTest, NumbersAreDigitsOnly) {
  const Route route = parsed("/?a=12&b=-1&c=&d=9007199254740991&e=9007199254740992&f=0x1&g=1+");
  EXPECT_EQ(*number_parameter(route, "a", 5), 12U);
  EXPECT_EQ(*number_parameter(route, "missing", 5), 5U);
  EXPECT_EQ(*number_parameter(route, "d", 5), limits::integer_max);
  for (const char* name : {"b", "c", "e", "f", "g"})
    EXPECT_FALSE(number_parameter(route, name, 5).ok()) << name;
}

}  // namespace
}  // namespace msync
