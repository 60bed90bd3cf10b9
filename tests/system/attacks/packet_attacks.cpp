// Bytes that are no MQTT, or hardly: the broker ends that connection, serves the others and does not grow.

#include <array>
#include <fstream>

#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct PacketAttacks : Arena<PacketAttacks> {
  // What the broker holds in memory, in KiB.
  static std::size_t resident_kib() {
    std::ifstream status("/proc/" + std::to_string(broker().process().pid()) + "/status");
    for (std::string word; status >> word;) {
      std::size_t kib = 0;
      if (word == "VmRSS:" && status >> kib) return kib;
    }
    return 0;
  }

  void expect_service() {
    RawClient witness = enters("witness:pc");
    EXPECT_EQ(witness.subscribe("sync/status"), granted_qos1);
    EXPECT_TRUE(witness.ping());
  }

  // Bytes instead of a CONNECT end the connection.
  void expect_cut(const std::string& bytes) {
    RawClient eve = anybody();
    eve.send(bytes);
    EXPECT_NE(eve.ended(), -1) << testing::PrintToString(bytes.substr(0, 40));
  }
};

TEST_F(PacketAttacks, WhatComesBeforeConnectEndsTheConnection) {
  expect_cut(raw::packet(0x30, raw::text("chat/42/messages/in") + '\0' + "{}"));
  expect_cut(raw::packet(0x82, raw::u16(1) + '\0' + raw::text("#") + '\1'));
  expect_cut(raw::auth(0x18, raw::auth_method("JWT")));
  expect_cut(raw::packet(0xe0, ""));
  expect_cut("GET / HTTP/1.1\r\nHost: broker\r\n\r\n");
  expect_cut(std::string(64, '\xff'));
  expect_service();
}

TEST_F(PacketAttacks, ALengthOfFiveBytesEndsTheConnection) {
  expect_cut("\x10\xff\xff\xff\xff\x01");
}

TEST_F(PacketAttacks, AClaimOf256MegabytesTakesNoMemory) {
  expect_service();
  const std::size_t before_kib = resident_kib();
  std::vector<RawClient> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(enters("eve" + std::to_string(i) + ":pc"));
    silent.back().send("\x32\xff\xff\xff\x7f" + raw::text("chat/42/messages/in"));
  }
  expect_service();
  // Under AddressSanitizer what is allocated stays a while.
  EXPECT_LT(resident_kib(), before_kib + 100'000) << "20 claims of 256 MiB each";
}

TEST_F(PacketAttacks, ASecondConnectEndsTheConnection) {
  RawClient eve = enters("eve:pc");
  eve.send(encode(login("victim:pc")));
  EXPECT_NE(eve.ended(), -1);
  expect_service();
}

TEST_F(PacketAttacks, TopicsThatAreNoneEndTheConnection) {
  using namespace std::string_literals;
  std::string levels;
  for (int i = 0; i < 210; ++i) levels += "x/";
  for (const std::string& topic :
       {"chat/+/messages/in"s, "chat/42/messages/#"s, "chat/\0/messages/in"s, "chat/\xc0\x80/messages/in"s,
        "chat/\xed\xa0\x80/messages/in"s, "chat/\xff/messages/in"s, std::string(65'400, '/'), levels}) {
    RawClient eve = enters("eve:pc");
    eve.send_publish({.topic = topic, .payload = "{}"});
    EXPECT_GE(eve.ended(), 0x80) << testing::PrintToString(topic.substr(0, 40));
  }
  expect_service();
}

TEST_F(PacketAttacks, FiltersThatAreNoneEndTheConnection) {
  using namespace std::string_literals;
  for (const std::string& filter :
       {"chat/#/messages"s, "chat/4+/messages/log"s, ""s, "chat/\0/messages/log"s, "chat/\xff/log"s}) {
    RawClient eve = enters("eve:pc");
    EXPECT_TRUE(eve.subscribe(filter) == -1 && eve.ended() != -1) << testing::PrintToString(filter);
  }
}

TEST_F(PacketAttacks, ImpossibleLevelsOfOurTopicsAreDenied) {
  RawClient eve = enters("eve:pc");
  for (const char* topic : {"chat//messages/in", "/chat/42/messages/in", "chat/42/messages/in/",
                            "chat/42//in", "sync/", "sync//notice"}) {
    EXPECT_EQ(eve.publish({.topic = topic, .payload = "{}"}), not_authorized) << topic;
  }
}

TEST_F(PacketAttacks, EachByteOnItsOwnIsStillAConnection) {
  RawClient slow = anybody();
  for (const char byte : encode(login("slow:pc"))) slow.send({&byte, 1});
  const auto answer = slow.receive_type(2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.at(1), 0);
}

TEST_F(PacketAttacks, HundredsOfHalfOpenConnectionsLeaveTheOthersServed) {
  std::vector<RawClient> silent;
  for (int i = 0; i < 400; ++i) {
    silent.push_back(anybody());
    if (i % 2 == 1) silent.back().send(encode(login("eve:pc")).substr(0, 20));
  }
  expect_service();
}

TEST_F(PacketAttacks, RandomBytesInALoggedInConnectionHarmNobodyElse) {
  std::uint64_t dice = 88172645463325252ull;  // xorshift: the same bytes each time
  const auto throw_dice = [&] {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
  };
  for (int i = 0; i < 300; ++i) {
    RawClient eve = enters("eve:pc");
    std::string bytes;
    for (std::uint64_t size = throw_dice() % 60; bytes.size() < size;)
      bytes += static_cast<char>(throw_dice());
    constexpr std::array<int, 8> types = {0x30, 0x32, 0x34, 0x62, 0x82, 0xa2, 0xe0, 0xf0};
    eve.send(raw::packet(types[throw_dice() % types.size()], bytes));
  }
  expect_service();
}

}  // namespace
}  // namespace msync::test
