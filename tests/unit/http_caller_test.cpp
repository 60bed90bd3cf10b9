// Who asks over HTTP, and how he is slowed who tries tokens.
#include "bridge/http/caller.h"

#include <gtest/gtest.h>

#include "bridge/http/client_address.h"
#include "core/collection.h"

namespace msync {
namespace {

constexpr std::int64_t start_ms = 1'795'000'000'000;
const std::string secret = "a secret of thirty-two bytes, or of more";

class HttpCallers : public testing::Test {
 protected:
  static CallerRules rules() {
    CallerRules rules;
    rules.policy.secret = secret;
    rules.requests_per_s = 100'000;
    rules.free_failures = 3;
    return rules;
  }
  static std::string token(const std::string& user, std::int64_t for_s = 3600) {
    return make_token({{"sub", user}, {"exp", start_ms / 1000 + for_s}}, secret);
  }
  static std::string forged() {
    return make_token({{"sub", "alice"}, {"exp", start_ms / 1000 + 3600}}, secret + "!");
  }
  HttpResponse answer(const std::string& address, const std::string& bearer, std::int64_t now_ms = start_ms) {
    HttpRequest request;
    request.address = address;
    if (!bearer.empty()) request.headers = {{"authorization", "Bearer " + bearer}};
    auto caller = callers.identify(request, collections, now_ms);
    if (auto* refused = std::get_if<HttpResponse>(&caller)) return *refused;
    return {};
  }
  int status(const std::string& address, const std::string& bearer, std::int64_t now_ms = start_ms) {
    return answer(address, bearer, now_ms).status;
  }

  Collections collections;
  Callers callers{rules()};
};

TEST_F(HttpCallers, AnAddressThatTriesTokensIsNotHeardForAWhile) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(status("192.0.2.1", forged()), 401) << i;
  const HttpResponse refused = answer("192.0.2.1", forged());
  EXPECT_EQ(refused.status, 429);
  ASSERT_FALSE(refused.headers.empty());
  EXPECT_EQ(refused.headers.back(), (std::pair<std::string, std::string>{"Retry-After", "1"}));
  EXPECT_EQ(status("192.0.2.1", token("alice")), 429) << "nor is a right token that was not seen before";
  EXPECT_EQ(status("192.0.2.1", token("alice"), start_ms + 1000), 200);
  EXPECT_EQ(status("192.0.2.1", forged(), start_ms + 1000), 401);
  EXPECT_EQ(status("192.0.2.1", forged(), start_ms + 2999), 429) << "the next pause is twice as long";
}

TEST_F(HttpCallers, OthersAndWhoWasInBeforeAreHeardMeanwhile) {
  EXPECT_EQ(status("192.0.2.1", token("alice")), 200);
  for (int i = 0; i < 10; ++i) status("192.0.2.1", forged());
  EXPECT_EQ(status("192.0.2.1", token("bob")), 429);
  EXPECT_EQ(status("192.0.2.1", token("alice")), 200) << "this very token was verified before";
  EXPECT_EQ(status("192.0.2.2", token("bob")), 200);
}

TEST_F(HttpCallers, WhatIsNoGuessCostsNothing) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(status("192.0.2.1", ""), 401) << "no token at all";
    EXPECT_EQ(status("192.0.2.1", token("alice", -3600)), 401) << "one of ours that has ended";
  }
  EXPECT_EQ(status("192.0.2.1", token("alice")), 200);
}

TEST_F(HttpCallers, ThisMachineIsNeverSlowed) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(status(address, forged()), 401) << address;
    EXPECT_EQ(status(address, token("alice")), 200) << address;
  }
}

TEST_F(HttpCallers, WithoutFreeFailuresNobodyIsSlowed) {
  CallerRules open = rules();
  open.free_failures = 0;
  Callers unguarded(open);
  HttpRequest request;
  request.address = "192.0.2.1";
  request.headers = {{"authorization", "Bearer " + forged()}};
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(std::get<HttpResponse>(unguarded.identify(request, collections, start_ms)).status, 401);
}

TEST(ClientAddress, AProxyOnThisMachineSaysForWhomItAsks) {
  EXPECT_EQ(client_address("127.0.0.1", "192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_address("::1", "2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(client_address("::ffff:127.0.0.1", "192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_address("127.0.0.1", "10.0.0.1, 198.51.100.2 ,\t192.0.2.7 "), "192.0.2.7")
      << "what stands before its own word is the client's";
  EXPECT_EQ(client_address("127.0.0.1", "192.0.2.7:51123"), "192.0.2.7");
  EXPECT_EQ(client_address("127.0.0.1", "[2001:db8::7]:51123"), "2001:db8::7");
}

TEST(ClientAddress, OthersSayNothingAndWhatIsNoAddressIsNone) {
  EXPECT_EQ(client_address("203.0.113.9", "192.0.2.7"), "203.0.113.9");
  EXPECT_EQ(client_address("127.0.0.1", ""), "127.0.0.1");
  for (const char* forwarded :
       {"unknown", ",", " ", "[", "[]", "[::1", ":", "192.0.2.7,", "_hidden", "1.2.3"})
    EXPECT_EQ(client_address("127.0.0.1", forwarded), forwarded == std::string("[::1") ? "::1" : "127.0.0.1")
        << forwarded;
}

}  // namespace
}  // namespace msync
