#include "plugin/text.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

TEST(Printable, LeavesTextAsPeopleWriteIt) {
  EXPECT_EQ(printable("Zoë 日本 🙂 a:b/c"), "Zoë 日本 🙂 a:b/c");
}

TEST(Printable, NoClientCanBeginALineOrMoveTheCursor) {
  EXPECT_EQ(printable("a\nb\r\x1b[2J\x7f"), "a\\x0ab\\x0d\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");           // CSI as a C1 control
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");  // line separator
}

TEST(Printable, QuotesAndBackslashesCannotEndTheField) {
  EXPECT_EQ(printable("a\"b\\"), "a\\x22b\\x5c");
}

TEST(Printable, BytesThatAreNoUtf8AreWrittenAsHex) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a");  // an overlong newline
}

TEST(Printable, LongTextIsCut) {
  EXPECT_EQ(printable(std::string(1000, 'x')), std::string(256, 'x') + "...");
}

}  // namespace
}  // namespace msync
