// Who tries tokens over HTTP is not heard for a while; whoever asks from elsewhere does not notice.
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

struct HttpGuard : Http {
  /// As a proxy on this machine hands a request on.
  HttpAnswer from(const std::string& address, const std::string& bearer) {
    return web.ask({.path = room + "/docs",
                    .token = bearer,
                    .headers = {"X-Forwarded-For: 203.0.113.80", "X-Forwarded-For: 10.0.0.1, " + address}});
  }
  bool is_paused(const std::string& address) {
    return eventually([&] { return from(address, token("eve") + "x").status == 429; });
  }
};

TEST_F(HttpGuard, WrongTokensCostTheirAddressAPauseAndNobodyElse) {
  const std::string seen = token("alice");
  EXPECT_EQ(from("192.0.2.1", seen).status, 200);
  for (std::uint32_t i = 0; i < limits::free_login_failures; ++i)
    EXPECT_EQ(from("192.0.2.1", token("eve") + "x").status, 401) << i;
  ASSERT_TRUE(is_paused("192.0.2.1"));
  const HttpAnswer refused = from("192.0.2.1", token("bob"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.json()["code"], "quota");
  EXPECT_GE(std::stoi("0" + refused.header("Retry-After")), 1);
  EXPECT_EQ(from("192.0.2.1", seen).status, 200) << "who was in before is heard";
  EXPECT_EQ(from("192.0.2.2", token("bob")).status, 200) << "as is every other address";
  EXPECT_EQ(web.get(room + "/docs", token("carol")).status, 200) << "and this machine";
  EXPECT_TRUE(eventually([&] { return from("192.0.2.1", token("bob")).status == 200; }, 60'000));
  EXPECT_NE(bridge.log().find("event=http_address_paused address=192.0.2.1"), std::string::npos)
      << bridge.log();
  EXPECT_EQ(bridge.log().find("address=203.0.113.80"), std::string::npos) << "the client's own word";
}

}  // namespace
}  // namespace msync::test
