#include "core/format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace msync {
namespace {

struct Texts {
  const char* format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

const std::vector<Texts>& texts() {
  static const std::vector<Texts> all = {
      {"date-time",
       {"2026-11-21T07:10:27Z", "2026-11-21t07:10:27.123456789+05:30", "2024-02-29T00:00:00-23:59",
        "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.5-08:00"},
       {"", "2026-11-21", "2026-11-21T07:10:27", "2026-11-21 07:10:27Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z", "2026-11-21T07:10:61Z",
        "1998-12-31T22:59:60Z", "2026-11-21T07:10:27.Z", "2026-11-21T07:10:27+24:00",
        "2026-11-21T07:10:27+0530", "2026-11-21T07:10:27ZZ", "26-11-21T07:10:27Z", "2026-11-21T07:10:2xZ",
        "২026-11-21T07:10:27Z"}},
      {"date",
       {"2026-11-21", "2000-02-29", "0000-01-01"},
       {"", "2026-1-1", "1900-02-29", "2026-04-31", "2026-00-10", "2026-11-00", "2026-11-211", "2026/11/21",
        " 2026-11-21"}},
      {"time",
       {"07:10:27Z", "23:59:60z", "00:00:00.000+00:00"},
       {"", "07:10", "07:10:27", "7:10:27Z", "12:00:60Z"}},
      {"email",
       {"a@b", "ann.lee+x@mail.example.com", "\"a b\"@example.com", "x@[127.0.0.1]", "x@[IPv6:::1]",
        "ü@exämple.de"},
       {"", "a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b..c", "a b@c", "a@b c", "x@[999.0.0.1]",
        "a@b@c", "\"a\"b\"@c", "\"a\\\"@c"}},
      {"uri",
       {"http://example.com", "https://u:p@[::1]:8080/a/b?c=d#e", "urn:isbn:1", "mailto:a@b",
        "x:", "http://a/%20", "file:///etc/x"},
       {"", "example.com", "//example.com/a", "1http://a", ":a", "http://a b", "http://a/%2", "http://a/%zz",
        "http://a\\b", "http://[::1", "http://[x]/", "http://a:b/", "http://a/{x}", "http://é.de",
        "http://a/#x#y"}},
      {"uuid",
       {"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"},
       {"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-4266141740000", "123g4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-426614174000-", "123e4567-e89b-12d3-a456"}},
      {"ipv4",
       {"0.0.0.0", "255.255.255.255"},
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.1000"}},
      {"ipv6",
       {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "FE80::a",
        "1:2:3:4:5:6:7::"},
       {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1.2.3.4",
        "::1.2.3.4:1", "1:2:3:4:5:6:7:1.2.3.4", "::1%eth0", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1.2.3.4::"}},
  };
  return all;
}

TEST(Format, AcceptsWhatItsStandardAllows) {
  for (const Texts& one : texts()) {
    for (const std::string& text : one.good)
      EXPECT_TRUE(format_check(one.format)(text)) << one.format << ": " << text;
  }
}

TEST(Format, RefusesEverythingElse) {
  for (const Texts& one : texts()) {
    for (const std::string& text : one.bad)
      EXPECT_FALSE(format_check(one.format)(text)) << one.format << ": " << text;
  }
}

TEST(Format, OfAnUnknownNameIsNotChecked) {
  EXPECT_EQ(format_check("hostname"), nullptr);
  EXPECT_EQ(format_check(""), nullptr);
}

TEST(Format, JudgesLongTextInOnePass) {
  for (const Texts& one : texts()) {
    for (const char* piece : {"a", "1", ":", ".", "@", "/", "%41", "\""}) {
      std::string text;
      while (text.size() < 200'000) text += piece;
      // A quadratic check would take minutes here; the promise is that these return.
      format_check(one.format)(text);
      format_check(one.format)("http://" + text);
    }
  }
}

}  // namespace
}  // namespace msync
