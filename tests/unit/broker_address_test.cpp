#include "mqtt/broker_address.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

std::string read_back(std::string_view url) {
  const auto address = parse_broker(url);
  return address ? to_string(*address) : "refused";
}

TEST(BrokerAddress, ReadsHostAndPort) {
  const auto address = parse_broker("mqtt://broker.example.com:18830");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->host, "broker.example.com");
  EXPECT_EQ(address->port, 18830);
  EXPECT_FALSE(address->tls);
}

TEST(BrokerAddress, KnowsTheUsualPorts) {
  EXPECT_EQ(read_back("mqtt://localhost"), "mqtt://localhost:1883");
  EXPECT_EQ(read_back("mqtts://localhost"), "mqtts://localhost:8883");
  EXPECT_EQ(read_back("mqtt://localhost/"), "mqtt://localhost:1883");
}

TEST(BrokerAddress, TakesIpv6InBrackets) {
  EXPECT_EQ(read_back("mqtt://[::1]:1884"), "mqtt://[::1]:1884");
  EXPECT_EQ(read_back("mqtts://[fe80::1%eth0]"), "mqtts://[fe80::1%eth0]:8883");
  ASSERT_TRUE(parse_broker("mqtt://[::1]").ok());
  EXPECT_EQ(parse_broker("mqtt://[::1]")->host, "::1");
}

TEST(BrokerAddress, RefusesWhatNamesNoBrokerAndSaysHowItShouldLook) {
  for (const char* url : {"", "localhost", "localhost:1883", "http://localhost", "tcp://localhost", "mqtt://",
                          "mqtt://:1883", "mqtt://a:0", "mqtt://a:65536", "mqtt://a:", "mqtt://a:1x",
                          "mqtt://user@a:1883", "mqtt://a:1883/path", "mqtt://[::1", "mqtt://[]:1",
                          "mqtt://a b", "mqtt://[::1]1883", "mqtt://::1:1883"}) {
    const auto address = parse_broker(url);
    ASSERT_FALSE(address.ok()) << url;
    EXPECT_EQ(address.error().code, Code::bad_config) << url;
    EXPECT_NE(address.error().message.find("mqtt://127.0.0.1:1883"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace msync
