#include "platform/login_guard.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

constexpr std::int64_t start_ms = 1'795'000'000'000;

TEST(LoginGuard, AFewFailuresAreFreeThenEachCostsTwiceTheLast) {
  LoginGuard guard(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(guard.failed("192.0.2.1", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("192.0.2.1", start_ms), 0);
  EXPECT_EQ(guard.failed("192.0.2.1", start_ms), 1000);
  EXPECT_EQ(guard.wait_ms("192.0.2.1", start_ms), 1000);
  EXPECT_EQ(guard.wait_ms("192.0.2.1", start_ms + 1000), 0);
  EXPECT_EQ(guard.failed("192.0.2.1", start_ms + 1000), 2000);
  for (int i = 0; i < 100; ++i) guard.failed("192.0.2.1", start_ms);
  EXPECT_EQ(guard.failed("192.0.2.1", start_ms), limits::login_pause_max_ms);
}

TEST(LoginGuard, OthersAreHeard) {
  LoginGuard guard(1);
  guard.failed("192.0.2.1", start_ms);
  guard.failed("192.0.2.1", start_ms);
  EXPECT_GT(guard.wait_ms("192.0.2.1", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("192.0.2.2", start_ms), 0);
}

TEST(LoginGuard, AnIpv6CustomerHasManyAddresses) {
  LoginGuard guard(1);
  guard.failed("2001:db8:1:2::1", start_ms);
  guard.failed("2001:db8:1:2:ffff::2", start_ms);
  EXPECT_GT(guard.wait_ms("2001:db8:1:2:aaaa:bbbb:cccc:dddd", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("2001:db8:1:3::1", start_ms), 0);
  guard.failed("::ffff:192.0.2.1", start_ms);
  guard.failed("::ffff:192.0.2.1", start_ms);
  EXPECT_GT(guard.wait_ms("::ffff:192.0.2.1", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("::ffff:192.0.2.2", start_ms), 0);
}

TEST(LoginGuard, AfterAWhileAllIsForgotten) {
  LoginGuard guard(1);
  guard.failed("192.0.2.1", start_ms);
  guard.failed("192.0.2.1", start_ms);
  EXPECT_EQ(guard.failed("192.0.2.1", start_ms + 20 * limits::login_pause_max_ms), 0);
}

TEST(LoginGuard, WithoutFreeFailuresNobodyIsSlowed) {
  LoginGuard guard(0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(guard.failed("192.0.2.1", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("192.0.2.1", start_ms), 0);
}

TEST(LoginGuard, TheOneThatFailedLongestAgoMakesRoom) {
  LoginGuard guard(1, 2);
  for (const char* address : {"a", "a", "b", "b", "a", "c", "c"}) guard.failed(address, start_ms);
  EXPECT_GT(guard.wait_ms("a", start_ms), 0);
  EXPECT_EQ(guard.wait_ms("b", start_ms), 0);
  EXPECT_GT(guard.wait_ms("c", start_ms), 0);
}

}  // namespace
}  // namespace msync
