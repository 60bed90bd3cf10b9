#include <gtest/gtest.h>

#include "core/message.h"

namespace msync {
namespace {

constexpr char kSrc[] = "b3c1f2d4a5e6b7c8";

void expect_malformed(const std::string& payload) {
  const auto pull = decode_pull(payload);
  ASSERT_FALSE(pull.ok()) << payload;
  EXPECT_EQ(pull.error().code, Code::malformed) << payload;
}

TEST(Pull, TheDocumentedMessageIsUnderstood) {
  const auto pull = decode_pull(
      R"({"rid":"7f","src":"b3c1f2d4a5e6b7c8","epoch":"1795230000000-9b2e","since":100,"snap":7,"acked":12,)"
      R"("limit":50,"accept":["cbor","zlib","zstd"]})");
  ASSERT_TRUE(pull.ok()) << pull.error().message;
  EXPECT_EQ(*pull, (Pull{"7f", kSrc, "1795230000000-9b2e", 100, 7, 12, 50, true, true, true}));
}

TEST(Pull, OnlyRidIsNeeded) {
  const auto pull = decode_pull(R"({"rid":"7f"})");
  ASSERT_TRUE(pull.ok()) << pull.error().message;
  EXPECT_EQ(*pull, (Pull{"7f", "", "", 0, 0, 0, limits::page_entities, false, false, false}));
  expect_malformed("{}");
}

TEST(Pull, MayBeCbor) {
  const auto pull = decode_pull(to_cbor({{"rid", "7f"}, {"since", 3.0}}));
  ASSERT_TRUE(pull.ok()) << pull.error().message;
  EXPECT_EQ(pull->since, 3U);
}

TEST(Pull, RidIsShortAndPrintable) {
  for (const std::string& rid :
       {std::string(R"("")"), std::string("7"), std::string("null"), std::string(R"("\n")"),
        std::string(R"("a\u001b[2J")"), std::string(R"("ä")"), std::string(R"("\u007f")"),
        "\"" + std::string(65, 'r') + "\""}) {
    expect_malformed(R"({"rid":)" + rid + "}");
  }
  EXPECT_TRUE(decode_pull(R"({"rid":")" + std::string(64, 'r') + "\"}").ok());
  EXPECT_TRUE(decode_pull(R"({"rid":" ~\"\\"})").ok());
}

TEST(Pull, LimitIsCutToWhatAPageHolds) {
  EXPECT_EQ(decode_pull(R"({"rid":"r","limit":1})")->limit, 1U);
  EXPECT_EQ(decode_pull(R"({"rid":"r","limit":500})")->limit, 500U);
  EXPECT_EQ(decode_pull(R"({"rid":"r","limit":501})")->limit, 500U);
  EXPECT_EQ(decode_pull(R"({"rid":"r","limit":9007199254740991})")->limit, 500U);
  expect_malformed(R"({"rid":"r","limit":0})");
}

TEST(Pull, NumbersAreProtocolNumbers) {
  for (const char* name : {"since", "snap", "acked", "limit"}) {
    for (const char* odd : {"-1", "1.0", "\"1\"", "null", "9007199254740992", "1e400", "[1]"}) {
      expect_malformed(R"({"rid":"r",")" + std::string(name) + R"(":)" + odd + "}");
    }
    EXPECT_TRUE(decode_pull(R"({"rid":"r",")" + std::string(name) + R"(":9007199254740991})").ok());
  }
}

TEST(Pull, AcceptNamesWhatItKnowsAndIgnoresTheRest) {
  const auto pull = decode_pull(R"({"rid":"r","accept":["br","cbor","CBOR","","zlib","zlib"]})");
  ASSERT_TRUE(pull.ok()) << pull.error().message;
  EXPECT_TRUE(pull->cbor);
  EXPECT_TRUE(pull->zlib);
  EXPECT_FALSE(pull->zstd);
  EXPECT_TRUE(decode_pull(R"({"rid":"r","accept":[]})").ok());
  for (const char* odd : {"\"cbor\"", "{}", "null", "[7]", "[null]", "[[\"cbor\"]]"}) {
    expect_malformed(R"({"rid":"r","accept":)" + std::string(odd) + "}");
  }
}

TEST(Pull, SrcAndEpochHaveTheirShapes) {
  for (const char* odd : {R"("src":"short")", R"("src":"")", R"("src":7)", R"("epoch":"")", R"("epoch":7)"}) {
    expect_malformed(R"({"rid":"r",)" + std::string(odd) + "}");
  }
  EXPECT_TRUE(decode_pull(R"({"rid":"r","epoch":"e"})").ok());
  EXPECT_TRUE(decode_pull(R"({"rid":"r","src":"b3c1f2d4a5e6b7c8"})").ok());
}

TEST(Pull, SurvivesTheWay) {
  for (const Pull& pull : {Pull{"7f", kSrc, "e", 100, 7, 12, 50, true, true, true},
                           Pull{"r", "", "", 0, 0, 0, 500, false, false, false},
                           Pull{"r", "", "e", 9007199254740991, 0, 0, 1, false, false, true}}) {
    const auto decoded = decode_pull(encode(pull));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, pull);
  }
}

TEST(Pull, OverTheLimitOfAPayloadIsTooLarge) {
  const std::string payload = R"({"rid":"r","x":")" + std::string(limits::max_payload_bytes, 'x') + "\"}";
  EXPECT_EQ(decode_pull(payload).error().code, Code::too_large);
  EXPECT_EQ(decode_seen(payload).error().code, Code::too_large);
}

TEST(Seen, NeedsSrcEpochAndSeq) {
  const Seen seen{kSrc, "1795230000000-9b2e", 140};
  const Json whole = Json::parse(encode(seen));
  EXPECT_EQ(whole, Json::parse(R"({"src":"b3c1f2d4a5e6b7c8","epoch":"1795230000000-9b2e","seq":140})"));
  EXPECT_EQ(*decode_seen(encode(seen)), seen);
  for (const auto& [name, value] : whole.items()) {
    Json without = whole;
    without.erase(name);
    EXPECT_FALSE(decode_seen(without.dump()).ok()) << name;
    Json odd = whole;
    odd[name] = -1;
    EXPECT_FALSE(decode_seen(odd.dump()).ok()) << name;
  }
}

TEST(Pull, ALongOneIsRefusedBeforeItIsRead) {
  const auto padded = [](std::string message, std::size_t bytes) {
    message.pop_back();
    message += R"(,"x":")";
    return message + std::string(bytes - message.size() - 2, 'x') + "\"}";
  };
  const std::string pull = encode(Pull{"r1", kSrc, "", 0}),
                    seen = encode(Seen{kSrc, "1795230000000-9b2e", 140});
  EXPECT_TRUE(decode_pull(padded(pull, limits::max_pull_bytes)).ok());
  EXPECT_EQ(decode_pull(padded(pull, limits::max_pull_bytes + 1)).error().code, Code::too_large);
  EXPECT_TRUE(decode_seen(padded(seen, limits::max_pull_bytes)).ok());
  EXPECT_EQ(decode_seen(padded(seen, limits::max_pull_bytes + 1)).error().code, Code::too_large);
}

}  // namespace
}  // namespace msync
