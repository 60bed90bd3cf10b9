#include "core/compression.h"

#include <gtest/gtest.h>

#include <random>

#include "core/limits.h"

namespace msync {
namespace {

std::string page(std::size_t entities) {
  std::string text = R"({"changes":[)";
  for (std::size_t i = 0; i < entities; ++i) {
    text += R"({"id":"m)" + std::to_string(i) + R"(","seq":)" + std::to_string(i) +
            R"(,"version":1,"data":{"text":"hello"}},)";
  }
  return text + "]}";
}

class EveryCompression : public testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(Compression, EveryCompression,
                         testing::Values(Compression::zlib, Compression::zstd));

TEST_P(EveryCompression, GivesBackWhatItWasGiven) {
  for (const std::size_t entities : {5U, 500U, 5000U}) {
    const std::string text = page(entities);
    const std::string packed = compress(text, GetParam());
    EXPECT_EQ(compression_of(packed), GetParam());
    EXPECT_LT(packed.size() * 2, text.size());
    const auto unpacked = unpack(packed);
    ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
    EXPECT_EQ(*unpacked, text);
  }
}

TEST_P(EveryCompression, ASmallMessageStaysAsItIs) {
  EXPECT_EQ(compress("{}", GetParam()), "{}");
  const std::string text(limits::compress_bytes - 1, '{');
  EXPECT_EQ(compress(text, GetParam()), text);
}

TEST_P(EveryCompression, SoDoesWhatWouldNotGetSmaller) {
  std::mt19937 dice(1);
  std::string noise = "{";
  for (int i = 0; i < 2000; ++i) noise += static_cast<char>(dice());
  EXPECT_EQ(compress(noise, GetParam()), noise);
}

TEST_P(EveryCompression, WhatIsBrokenIsRefused) {
  const std::string packed = compress(page(100), GetParam());
  EXPECT_FALSE(unpack(packed + "x").ok());
  for (std::size_t size = 4; size < packed.size(); size += 7)
    EXPECT_FALSE(unpack(packed.substr(0, size)).ok()) << size;
  std::mt19937 dice(1);
  for (int i = 0; i < 1000; ++i) {
    std::string bent = packed;
    bent[4 + dice() % (bent.size() - 4)] = static_cast<char>(dice());
    const auto unpacked = unpack(bent);  // zstd frames of ours have no checksum: some bends make another text
    if (unpacked) {
      EXPECT_LE(unpacked->size(), limits::unpacked_page_bytes);
    }
  }
}

TEST_P(EveryCompression, ABombIsRefused) {
  const std::string packed = compress(std::string(64 * 1024 * 1024, ' '), GetParam());
  ASSERT_LT(packed.size(), 100'000U);
  const auto unpacked = unpack(packed);
  ASSERT_FALSE(unpacked.ok());
  EXPECT_NE(unpacked.error().message.find("too much"), std::string::npos);
}

TEST(Compression, WithoutOneNothingChanges) {
  EXPECT_EQ(compress(page(100), Compression::none), page(100));
  EXPECT_EQ(*unpack(page(100)), page(100));
  EXPECT_EQ(*unpack(""), "");
  EXPECT_EQ(compression_of("{}"), Compression::none);
  EXPECT_EQ(compression_of("\xA1"), Compression::none);
}

}  // namespace
}  // namespace msync
