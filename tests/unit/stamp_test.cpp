#include "core/stamp.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/hmac.h"

namespace msync {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

// The vectors of docs/protocol.md, "Test vectors".
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
constexpr char kTopic[] = "chat/42/messages/in";
constexpr char kPayload[] =
    R"({"epoch":"1795230000000-9b2e","src":"b3c1f2d4a5e6b7c8","n":1,"mutations":[{"op":"noop"}]})";
constexpr char kMac[] = "2dfcb09e4922d6a629e8a6ccda87d3a0";
constexpr std::uint8_t kKey[] = {0xd5, 0x25, 0x3f, 0xe5, 0x05, 0x1e, 0x04, 0x70, 0x3f, 0x96, 0x0b,
                                 0xda, 0xa5, 0x0a, 0x49, 0x2d, 0x35, 0x81, 0x31, 0x82, 0xde, 0x83,
                                 0x07, 0xe3, 0xb1, 0xce, 0xd8, 0xa7, 0x18, 0x3b, 0xc1, 0xa6};

const Stamp& stamp() {
  static const Stamp one{"alice", "alice:phone", 1795232472123};
  return one;
}

std::string key() {
  return derive_stamp_key(kSecret);
}

Properties good() {
  return {{"sync-user", "alice"},
          {"sync-client", "alice:phone"},
          {"sync-at", "1795232472123"},
          {"sync-mac", kMac}};
}

/// Properties whose MAC is right although `at` may be no time: what only a faulty plugin could send.
Properties signed_at(const std::string& at) {
  std::string text;
  for (const std::string& piece :
       {std::string("alice"), std::string("alice:phone"), at, std::string(kTopic), std::string(kPayload)}) {
    text += std::string(3, '\0') + static_cast<char>(piece.size()) + piece;
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string mac;
  for (const unsigned char byte : hmac_sha256(key(), {text}).substr(0, 16)) {
    mac += {kDigits[byte >> 4], kDigits[byte & 0xF]};
  }
  return {{"sync-user", "alice"}, {"sync-client", "alice:phone"}, {"sync-at", at}, {"sync-mac", mac}};
}

void expect_denied(const Properties& properties, std::string_view reason) {
  const auto result = verify_stamp(key(), properties, kTopic, kPayload);
  ASSERT_FALSE(result.ok()) << reason;
  EXPECT_EQ(result.error().code, Code::denied);
  EXPECT_EQ(result.error().message, "stamp: " + std::string(reason));
}

TEST(Stamp, KeyOfASecretIsTheDocumentedOne) {
  EXPECT_EQ(key(), std::string(reinterpret_cast<const char*>(kKey), sizeof kKey));
}

TEST(Stamp, MacIsTheDocumentedOne) {
  EXPECT_EQ(stamp_mac_of(key(), stamp(), kTopic, kPayload), kMac);
  EXPECT_EQ(stamp_mac_of(key(), Stamp(), "", ""), "c11f74681194ee77e1ad78f6a3a10952");
}

TEST(Stamp, ARightOneSaysWhoAndWhen) {
  auto properties = good();
  properties.insert(properties.begin(), {"trace", "7"});
  const auto result = verify_stamp(key(), properties, kTopic, kPayload);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->user, "alice");
  EXPECT_EQ(result->client, "alice:phone");
  EXPECT_EQ(result->at_ms, 1795232472123);
}

TEST(Stamp, EachPropertyIsNeededExactlyOnce) {
  for (std::size_t i = 0; i < 4; ++i) {
    auto without = good();
    const std::string name = without[i].first;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    expect_denied(without, "no " + name);
    auto twice = good();
    twice.push_back(twice[i]);
    expect_denied(twice, name + " twice");
    auto in_front = good();
    in_front.insert(in_front.begin(), {name, "admin"});
    expect_denied(in_front, name + " twice");
  }
  expect_denied({}, "no sync-user");
}

TEST(Stamp, NoOtherPropertyMayLookLikeOne) {
  for (const char* name : {"sync-", "sync-role", "sync-user ", "sync-users"}) {
    auto properties = good();
    properties.emplace_back(name, "x");
    expect_denied(properties, "an unknown stamp property");
  }
}

TEST(Stamp, NothingSignedCanBeChanged) {
  for (std::size_t i = 0; i < 4; ++i) {
    auto properties = good();
    properties[i].second.back() ^= 1;
    expect_denied(properties, "sync-mac does not fit");
  }
  const auto denied = [](std::string_view with, std::string_view topic, std::string_view payload) {
    return !verify_stamp(with, good(), topic, payload).ok();
  };
  EXPECT_TRUE(denied(key() + "x", kTopic, kPayload));
  EXPECT_TRUE(denied("", kTopic, kPayload));
  EXPECT_TRUE(denied(key(), "chat/43/messages/in", kPayload));
  EXPECT_TRUE(denied(key(), kTopic, std::string(kPayload) + " "));
  EXPECT_TRUE(denied(key(), kTopic, ""));
}

TEST(Stamp, TimeIsDecimalDigitsWithinTheProtocolsIntegers) {
  for (const char* at : {"", "-1", "+1", "01", "00", "1 ", " 1", "1e3", "0x1", "1.0", "9007199254740992",
                         "18446744073709551616", "99999999999999999999999"}) {
    expect_denied(signed_at(at), "sync-at is no time");
  }
  for (const std::int64_t at_ms : {std::int64_t{0}, std::int64_t{9007199254740991}}) {
    const auto result = verify_stamp(key(), signed_at(std::to_string(at_ms)), kTopic, kPayload);
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->at_ms, at_ms);
  }
}

TEST(Stamp, MacMustBeWholeAndInLowerCase) {
  for (const std::string& mac : {std::string(), std::string(kMac).substr(0, 30), std::string(kMac) + "00",
                                 std::string("2DFCB09E4922D6A629E8A6CCDA87D3A0")}) {
    auto properties = good();
    properties[3].second = mac;
    expect_denied(properties, "sync-mac does not fit");
  }
}

TEST(Stamp, BoundariesBetweenFieldsAreSigned) {
  const Stamp moved{"alicea", "lice:phone", 1795232472123};
  EXPECT_NE(stamp_mac_of(key(), moved, kTopic, kPayload), kMac);
  EXPECT_NE(stamp_mac_of(key(), stamp(), std::string(kTopic) + "{", std::string(kPayload).substr(1)), kMac);
}

}  // namespace
}  // namespace msync
