#include "cli/uploader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace msync {
namespace {

struct Upload {
  explicit Upload(ServerLimits limits = {})
      : uploader("s", "0123456789abcdef", limits,
                 [this](const std::string& id, const MutationResult& result) {
                   EXPECT_TRUE(results.emplace(id, result.status).second) << "told twice of " << id;
                 }) {}

  void add(std::size_t count, std::size_t bytes = 10) {
    for (std::size_t i = 0; i < count; ++i) {
      Operation operation;
      operation.op = Op::put;
      operation.id = "d" + std::to_string(++ids);
      ASSERT_TRUE(uploader.add(operation, bytes));
    }
  }
  /// "n+count" of every message that is due.
  std::vector<std::string> sent(std::int64_t now_ms) {
    std::vector<std::string> all;
    while (const auto message = uploader.due(now_ms, "1-a"))
      all.push_back(std::to_string(message->n) + "+" + std::to_string(message->mutations.size()));
    return all;
  }
  Uploader::Heard ack(std::uint64_t from, std::uint64_t to, std::int64_t now_ms = 0) {
    Ack ack;
    ack.scope = "s";
    ack.src = "0123456789abcdef";
    ack.n = to;
    for (std::uint64_t n = from; n <= to; ++n) {
      ack.results.emplace_back();
      ack.results.back().n = n;
    }
    return uploader.on_ack(ack, now_ms);
  }
  Uploader::Heard gap(std::uint64_t n, std::int64_t now_ms) {
    Ack ack;
    ack.scope = "s";
    ack.src = "0123456789abcdef";
    ack.n = n;
    ack.gap = true;
    return uploader.on_ack(ack, now_ms);
  }

  std::map<std::string, Status> results;
  std::size_t ids = 0;
  Uploader uploader;
};

using Sent = std::vector<std::string>;

TEST(Uploader, NumbersFromOneAndFillsMessages) {
  Upload upload({.max_payload_bytes = 100'000, .max_mutations = 3, .max_unacked = 100});
  upload.add(7);
  EXPECT_EQ(upload.sent(0), (Sent{"1+3", "4+3", "7+1"}));
  EXPECT_EQ(upload.sent(1), Sent{});
  upload.add(1);
  EXPECT_EQ(upload.sent(2), Sent{"8+1"});
}

TEST(Uploader, KeepsMessagesBelowTheServersSize) {
  Upload upload({.max_payload_bytes = 4000, .max_mutations = 500, .max_unacked = 100});
  upload.add(5, 1000);
  EXPECT_EQ(upload.sent(0), (Sent{"1+3", "4+2"}));
  EXPECT_FALSE(upload.uploader.add({}, 4000));
}

TEST(Uploader, ItsEstimateOfAMessagesSizeIsNeverTooSmall) {
  Upload upload({.max_payload_bytes = 5000, .max_mutations = 500, .max_unacked = 1000});
  Operation operation;
  operation.op = Op::remove;
  operation.id = std::string(60, '"') + std::string(60, '\\');
  operation.base = limits::integer_max;
  operation.ts = static_cast<std::int64_t>(limits::integer_max);
  operation.data = Json::object();
  while (upload.uploader.has_room()) ASSERT_TRUE(upload.uploader.add(operation, 2));
  const std::string epoch(60, '9');
  while (const auto message = upload.uploader.due(0, epoch)) EXPECT_LE(encode(*message).size(), 5000u);
}

TEST(Uploader, HoldsNoMoreThanTheServerAllowsUnacknowledged) {
  Upload upload({.max_mutations = 5, .max_unacked = 10});
  upload.add(10);
  EXPECT_FALSE(upload.uploader.has_room());
  upload.sent(0);
  upload.ack(1, 5);
  EXPECT_TRUE(upload.uploader.has_room());
}

TEST(Uploader, TellsEachResultOnceAndEndsEmpty) {
  Upload upload;
  upload.add(4);
  upload.sent(0);
  upload.ack(1, 2);
  upload.ack(1, 2);
  upload.ack(3, 4);
  EXPECT_TRUE(upload.uploader.empty());
  EXPECT_EQ(upload.results.size(), 4u);
  EXPECT_EQ(upload.sent(100'000), Sent{});
}

TEST(Uploader, SendsAgainWithLongerAndLongerPausesWhatGotNoAck) {
  Upload upload;
  upload.add(2);
  EXPECT_EQ(upload.sent(0), Sent{"1+2"});
  EXPECT_EQ(upload.sent(9'999), Sent{});
  EXPECT_EQ(upload.sent(10'000), Sent{"1+2"});
  EXPECT_EQ(upload.sent(29'999), Sent{});
  EXPECT_EQ(upload.sent(30'000), Sent{"1+2"});
  upload.ack(1, 1, 31'000);
  EXPECT_EQ(upload.sent(41'000), Sent{"2+1"});
}

TEST(Uploader, SendsAgainOnANewConnection) {
  Upload upload;
  upload.add(2);
  upload.sent(0);
  upload.uploader.connected();
  EXPECT_EQ(upload.sent(1), Sent{"1+2"});
}

TEST(Uploader, ResendsFromAGapOnceHoweverOftenItIsReported) {
  Upload upload({.max_mutations = 2, .max_unacked = 100});
  upload.add(6);
  EXPECT_EQ(upload.sent(0), (Sent{"1+2", "3+2", "5+2"}));
  EXPECT_EQ(upload.gap(0, 10), Uploader::Heard::fine);
  EXPECT_EQ(upload.gap(0, 11), Uploader::Heard::fine);
  EXPECT_EQ(upload.sent(12), (Sent{"1+2", "3+2", "5+2"}));
  EXPECT_EQ(upload.gap(0, 13), Uploader::Heard::fine);
  EXPECT_EQ(upload.sent(14), Sent{});
  EXPECT_EQ(upload.gap(2, 15), Uploader::Heard::fine);
  EXPECT_EQ(upload.sent(16), (Sent{"3+2", "5+2"}));
}

TEST(Uploader, KeepsAMutationUntilItsOwnResultIsKnown) {
  Upload upload({.max_mutations = 2, .max_unacked = 100});
  upload.add(4);
  upload.sent(0);
  upload.ack(3, 4);  // the ack for 1 and 2 was lost
  EXPECT_FALSE(upload.uploader.empty());
  EXPECT_EQ(upload.sent(10'000), (Sent{"1+2", "3+2"}));
  upload.ack(1, 2);
  EXPECT_TRUE(upload.uploader.empty());
  EXPECT_EQ(upload.results.size(), 4u);
}

TEST(Uploader, NoticesThatTheServerIsAnotherOrHasForgotten) {
  Upload upload;
  upload.add(4);
  upload.sent(0);
  upload.ack(1, 3);
  EXPECT_EQ(upload.gap(1, 0), Uploader::Heard::lost_tail);
  Ack stale;
  stale.scope = "s";
  stale.src = "0123456789abcdef";
  stale.stale = true;
  EXPECT_EQ(upload.uploader.on_ack(stale, 0), Uploader::Heard::restored);
}

TEST(Uploader, IgnoresAcksOfOthers) {
  Upload upload;
  upload.add(1);
  upload.sent(0);
  Ack other;
  other.scope = "s";
  other.src = "another-replica-16";
  other.stale = true;
  EXPECT_EQ(upload.uploader.on_ack(other, 0), Uploader::Heard::fine);
}

TEST(Uploader, PausesWhenToldTo) {
  Upload upload;
  upload.add(1);
  upload.uploader.pause_until(500);
  EXPECT_EQ(upload.sent(499), Sent{});
  EXPECT_EQ(upload.sent(500), Sent{"1+1"});
}

}  // namespace
}  // namespace msync
