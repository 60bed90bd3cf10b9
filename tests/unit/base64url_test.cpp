#include "core/base64url.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

TEST(Base64url, EncodesAsRfc4648WithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(Base64url, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    bytes += static_cast<char>(i * 131);
  }
}

TEST(Base64url, RefusesEveryOtherSpelling) {
  for (const std::string& text :
       {std::string("Zg=="), std::string("Zm8="), std::string("Z"), std::string("A"), std::string("Zm9vA"),
        std::string("Zm9vY"), std::string("-_+/"), std::string("Zm9v\n"), std::string(" Zm9v"),
        std::string("Zm 9v"), std::string("Zm9\0", 4), std::string("Zm9v?"), std::string("Zm\xc3\xa4v")}) {
    EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
  }
}

TEST(Base64url, RefusesUnusedBitsThatAreNotZero) {
  EXPECT_NE(base64url_decode("Zg"), std::nullopt);
  for (const char* text : {"Zh", "Zx", "Z_", "Zm9", "Zm-", "AB"})
    EXPECT_EQ(base64url_decode(text), std::nullopt);
}

}  // namespace
}  // namespace msync
