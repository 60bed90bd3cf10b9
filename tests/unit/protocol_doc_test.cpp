// docs/protocol.md is right: its examples are messages, and its test vectors are the ones that the tests of
// digest, stamp and token compute.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "core/message.h"

namespace msync {
namespace {

const std::string& page() {
  static const std::string text = [] {
    std::ifstream file(MSYNC_SOURCE_DIR "/docs/protocol.md");
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
  }();
  return text;
}

/// The blocks fenced as "```json <kind>", with their kinds.
std::multimap<std::string, std::string> examples() {
  static constexpr std::string_view kFence = "\n```";
  static constexpr std::string_view kOpen = "\n```json ";
  std::multimap<std::string, std::string> found;
  for (std::size_t at = page().find(kOpen); at != std::string::npos; at = page().find(kOpen, at)) {
    const std::size_t kind = at + kOpen.size();
    const std::size_t body = page().find('\n', kind);
    const std::size_t end = page().find(kFence, body);
    found.emplace(page().substr(kind, body - kind), page().substr(body, end - body));
    at = end + kFence.size();
  }
  return found;
}

template <class Message>
std::string fault_of(const Result<Message>& message) {
  return message.ok() ? "" : message.error().message;
}

std::string fault_of_example(const std::string& kind, const std::string& text) {
  if (kind == "in") return fault_of(decode_in(text));
  if (kind == "ack") return fault_of(decode_ack(text));
  if (kind == "pull") return fault_of(decode_pull(text));
  if (kind == "delta") return fault_of(decode_delta(text));
  if (kind == "seen") return fault_of(decode_seen(text));
  if (kind == "notice") return fault_of(decode_notice(text));
  if (kind == "status") return fault_of(decode_status(text));
  return "no such message";
}

TEST(ProtocolDoc, EveryExampleIsAMessage) {
  const auto all = examples();
  for (const char* kind : {"in", "ack", "pull", "delta", "seen", "notice", "status"}) {
    EXPECT_GT(all.count(kind), 0U) << "no example of " << kind;
  }
  for (const auto& [kind, text] : all) EXPECT_EQ(fault_of_example(kind, text), "") << text;
}

TEST(ProtocolDoc, ItsInExampleHasNoFaults) {
  const auto all = examples();
  for (auto [at, end] = all.equal_range("in"); at != end; ++at) {
    const auto message = decode_in(at->second);
    ASSERT_TRUE(message.ok());
    for (const Mutation& mutation : message->mutations) {
      for (const Operation& operation : mutation.operations) EXPECT_FALSE(operation.fault) << at->second;
    }
  }
}

TEST(ProtocolDoc, ItsStatusIsTheOneThatIsSent) {
  const auto all = examples();
  const auto example = all.find("status");
  ASSERT_NE(example, all.end());
  EXPECT_EQ(Json::parse(example->second),
            Json::parse(encode(ServerStatus{true, "1795230000000-9b2e", 4, "0.1.0"})));
}

TEST(ProtocolDoc, HoldsTheTestVectors) {
  for (const char* vector :
       {// digest_test.cpp
        "| none | `0000000000000000` |", "| A | `2c5071aab29bd843` |", "| B | `b929519317eda15e` |",
        "| A, B | `e579c33dca8979a1` |", "| C | `8bc17bbf8eaf46b2` |", "| A, B, C | `713b3efc5938c053` |",
        "`m1` | 1 | 1795232472123 | `alice` |", "`m2` | 3 | 1795232472201 | `bob` |",
        "`größe-✓` | 9007199254740991 | 0 | `Ærøskøbing` |",
        // stamp_test.cpp
        "`0123456789abcdef0123456789abcdef`",
        "`d5253fe5051e04703f960bdaa50a492d35813182de8307e3b1ced8a7183bc1a6`",
        R"(`{"epoch":"1795230000000-9b2e","src":"b3c1f2d4a5e6b7c8","n":1,"mutations":[{"op":"noop"}]}`)",
        "`sync-mac` | `2dfcb09e4922d6a629e8a6ccda87d3a0` |", "`c11f74681194ee77e1ad78f6a3a10952` |",
        // token_test.cpp
        R"(`{"exp":1795236072,"rooms":["42","43"],"sub":"alice"}`)",
        "\neyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        ".eyJleHAiOjE3OTUyMzYwNzIsInJvb21zIjpbIjQyIiwiNDMiXSwic3ViIjoiYWxpY2UifQ"
        ".QLaTkJNRRlcMyBnVxmnb_0jHjxDkjWePtS-KJ7SWDm4\n"}) {
    EXPECT_NE(page().find(vector), std::string::npos) << vector;
  }
}

}  // namespace
}  // namespace msync
