#include "core/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace msync {
namespace {

using std::string_literals::operator""s;

std::string fault(const Result<Json>& result) {
  return result ? "accepted: " + to_text(*result) : result.error().message;
}

// ---- JSON -----------------------------------------------------------------------------------------------

TEST(Json, AnyValueMayStandAlone) {
  EXPECT_EQ(*parse_json("null"), Json(nullptr));
  EXPECT_EQ(*parse_json(" \t\r\n[1,true,\"a\"] \n"), Json::parse(R"([1,true,"a"])"));
  EXPECT_EQ(*parse_json(R"({"a":{"b":[{}]},"c":-1.5e3})"), Json::parse(R"({"a":{"b":[{}]},"c":-1500.0})"));
}

TEST(Json, IntegersStayIntegersUpToTheirWidth) {
  EXPECT_EQ(parse_json("18446744073709551615")->get<std::uint64_t>(), 18446744073709551615ULL);
  EXPECT_EQ(parse_json("-9223372036854775808")->get<std::int64_t>(), INT64_MIN);
  EXPECT_TRUE(parse_json("1.0")->is_number_float());
}

TEST(Json, WhatTwoParsersCouldReadDifferentlyIsRefused) {
  EXPECT_EQ(fault(parse_json(R"({"a":1,"b":2,"a":3})")), "JSON: a member occurs twice at byte 16");
  EXPECT_EQ(fault(parse_json(R"({"a":1,"\u0061":1})")), "JSON: a member occurs twice at byte 15");
  EXPECT_EQ(fault(parse_json(R"({"x":{"a":1,"a":1}})")), "JSON: a member occurs twice at byte 15");
  EXPECT_EQ(fault(parse_json("{\"a\":1}\0garbage"s)), "JSON: a NUL at byte 8");
  EXPECT_EQ(fault(parse_json("\xEF\xBB\xBF{}")), "JSON: a byte order mark at byte 1");
  EXPECT_EQ(fault(parse_json("{} {}")), "JSON: not well-formed at byte 4");
  EXPECT_EQ(fault(parse_json("[1e400]")), "JSON: a number is too large at byte 7");
  EXPECT_EQ(fault(parse_json("[-1e400]")), "JSON: a number is too large at byte 8");
  for (const char* bad : {"", " ", "NaN", "[Infinity]", "[01]", "[.5]", "[1,]", "{\"a\":1,}", "'a'", "{a:1}",
                          "[/*c*/1]", "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"", "\"\xed\xa0\x80\"",
                          "\"\xc0\xaf\"", "\"\xf4\x90\x80\x80\"", "\"a\nb\"", "{\"\xff\":1}"}) {
    EXPECT_FALSE(parse_json(bad)) << bad;
  }
}

TEST(Json, AMemberNamedTwiceInDifferentObjectsIsFine) {
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":2,"b":{"a":3}}])"));
}

TEST(Json, AFaultTellsItsByteAndQuotesNothing) {
  std::size_t byte = 99;
  const auto result = parse_json(R"({"secret":"mellon" "x":1})", 32, &byte);
  ASSERT_FALSE(result);
  EXPECT_EQ(byte, 22U);  // the end of what should not be there
  EXPECT_EQ(result.error().code, Code::malformed);
  EXPECT_EQ(result.error().message.find("mellon"), std::string::npos);
  EXPECT_FALSE(parse_json("", 32, &byte));
  EXPECT_EQ(byte, 0U);
  EXPECT_FALSE(parse_json("[\0]"s, 32, &byte));
  EXPECT_EQ(byte, 2U);
}

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(Json, DepthIsBoundedTheOutermostCounted) {
  EXPECT_TRUE(parse_json(nested(limits::max_depth, "[", "]")));
  EXPECT_EQ(fault(parse_json(nested(limits::max_depth + 1, "[", "]"))),
            "JSON: nested deeper than 32 at byte 33");
  EXPECT_TRUE(parse_json(R"({"a":{"b":1}})", 2));
  EXPECT_FALSE(parse_json(R"({"a":{"b":{}}})", 2));
  EXPECT_TRUE(parse_json(R"([[],[],[[]],{}])", 3));
  EXPECT_FALSE(parse_json(nested(5'000'000, "[", "")));
  EXPECT_FALSE(parse_json(nested(1'000'000, "{\"a\":", "")));
}

bool our_rule_is_stricter(const std::string& name) {
  return name.starts_with("y_object_duplicated_key");
}

TEST(Json, JudgesTheParsingCorpusAsItsNamesSay) {
  const char* folder = std::getenv("MSYNC_JSON_CORPUS");
  if (!folder) GTEST_SKIP() << "MSYNC_JSON_CORPUS names no folder with a JSON parsing corpus";
  int judged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    const auto result = parse_json(bytes.str());  // i_ files may go either way, but must come back
    if (name.starts_with("y_")) {
      EXPECT_EQ(result.ok(), !our_rule_is_stricter(name)) << name << ": " << fault(result);
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(result.ok()) << name;
    }
    ++judged;
  }
  EXPECT_GT(judged, 300);
}

// ---- CBOR -----------------------------------------------------------------------------------------------

TEST(Cbor, SaysTheSameAsJson) {
  const Json value =
      Json::parse(R"({"a":[1,-1,1.5,true,false,null,"é"],"b":{"c":18446744073709551615},"":""})");
  const auto back = parse_cbor(to_cbor(value));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_text(*back), to_text(value));
}

TEST(Cbor, ReadsEveryWidthAndIndefiniteLengths) {
  EXPECT_EQ(*parse_cbor("\x9f\x01\x18\x02\x19\x00\x03\x1a\x00\x00\x00\x04\xff"s), Json::parse("[1,2,3,4]"));
  EXPECT_EQ(*parse_cbor("\xbf\x61\x61\x7f\x61\x62\x61\x63\xff\xff"s), Json::parse(R"({"a":"bc"})"));
}

TEST(Cbor, AFloatOfIntegralValueIsThatInteger) {
  EXPECT_EQ(to_text(*parse_cbor("\xf9\x3c\x00"s)), "1");                // half 1.0
  EXPECT_EQ(to_text(*parse_cbor("\xfa\xc7\xc3\x50\x00"s)), "-100000");  // single
  EXPECT_EQ(to_text(*parse_cbor("\xfb\x43\x3f\xff\xff\xff\xff\xff\xff"s)), "9007199254740991");
  EXPECT_TRUE(parse_cbor("\xfb\x43\x40\x00\x00\x00\x00\x00\x00"s)->is_number_float());  // 2^53
  EXPECT_EQ(to_text(*parse_cbor("\xfb\x80\x00\x00\x00\x00\x00\x00\x00"s)), "0");        // -0.0
  EXPECT_EQ(to_text(*parse_cbor("\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"s)), "1.5");
}

TEST(Cbor, WhatHasNoJsonEquivalentIsRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"\xf9\x7e\x00"s, "CBOR: a number is not finite at byte 3"},
      {"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"s, "CBOR: a number is not finite at byte 9"},
      {"\x42\x01\x02"s, "CBOR: a byte string, a tag or nested chunks at byte 1"},
      {"\x81\x5f\x41\x01\xff"s, "CBOR: a byte string, a tag or nested chunks at byte 2"},
      {"\xc1\x01"s, "CBOR: a byte string, a tag or nested chunks at byte 1"},
      {"\xd9\xd9\xf7\xa0"s, "CBOR: a byte string, a tag or nested chunks at byte 1"},
      {"\xa1\x01\x02"s, "CBOR: not well-formed at byte 2"},  // an integer key
      {"\xf7"s, "CBOR: not well-formed at byte 1"},          // undefined
      {"\xa2\x61\x61\x01\x61\x61\x02"s, "CBOR: a member occurs twice at byte 6"},
      {"\x61\xff"s, "CBOR: a string is not UTF-8 at byte 2"},
      {"\x7f\x61\xc3\x61\xff\xff"s, "CBOR: a string is not UTF-8 at byte 6"},
      {"\xa1\x61\xff\x01"s, "CBOR: a member's name is not UTF-8 at byte 3"},
      {"\x01\x02"s, "CBOR: not well-formed at byte 2"},  // bytes behind the value
  };
  for (const auto& [bytes, message] : cases) EXPECT_EQ(fault(parse_cbor(bytes)), message);
}

TEST(Cbor, ACutOrLyingItemIsRefused) {
  const std::string whole = to_cbor(Json::parse(R"({"a":[1,2.5,"text",{"b":null}],"n":300})"));
  ASSERT_TRUE(parse_cbor(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_cbor(whole.substr(0, size))) << size;
  EXPECT_FALSE(parse_cbor("\x7b\xff\xff\xff\xff\xff\xff\xff\xff\x61"s));  // a text of 2^64-1 bytes
  EXPECT_FALSE(parse_cbor("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff\x01"s));  // an array of 2^63-1 values
  EXPECT_FALSE(parse_cbor("\xff"s));
}

TEST(Cbor, NothingNestsBeyondItsBounds) {
  EXPECT_TRUE(parse_cbor(nested(limits::max_depth, "\x81", "") + '\x01'));
  EXPECT_FALSE(parse_cbor(nested(limits::max_depth + 1, "\x81", "") + '\x01'));
  // Each of these once took a stack frame a byte.
  for (const char* run : {"\x7f", "\x5f", "\x9f", "\x81", "\xc1", "\xbf\x61\x61", "\x81\x7f"}) {
    EXPECT_FALSE(parse_cbor("\xa1\x61\x61" + nested(1'000'000, run, ""))) << run;
    EXPECT_FALSE(parse_cbor("\xa1" + nested(1'000'000, run, ""))) << run;
  }
}

TEST(Cbor, ADelCharacterInATextIsNoChunk) {
  EXPECT_EQ(*parse_cbor("\x64\x7f\x7f\x5f\x7f"s), Json("\x7f\x7f_\x7f"));
  EXPECT_TRUE(parse_cbor("\x82\x7f\x61\x61\xff\x7f\x61\x62\xff"s));  // one after the other
}

// ---- Both -----------------------------------------------------------------------------------------------

TEST(Payload, TheFirstByteTellsTheFormat) {
  EXPECT_EQ(format_of("{}"), Format::json);
  EXPECT_EQ(format_of(""), Format::json);
  EXPECT_EQ(format_of("\xa0"), Format::cbor);
  EXPECT_EQ(format_of("\xbf\xff"), Format::cbor);
  EXPECT_EQ(*parse_payload(R"({"n":1})"), *parse_payload("\xa1\x61\x6e\x01"));
}

TEST(JsonText, IsCompactSortedAndTheSameForEqualDocuments) {
  EXPECT_EQ(to_text(*parse_json(R"( {"b": 1, "a": [ 1.5, "é/\u20ac" ]} )")), "{\"a\":[1.5,\"é/€\"],\"b\":1}");
}

TEST(JsonText, QuotingAgreesWithTheSerializer) {
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  every += "é€😀";
  EXPECT_EQ(json_quoted(every), to_text(Json(every)));
  EXPECT_EQ(*parse_json(json_quoted(every)), Json(every));
  EXPECT_TRUE(parse_json(json_quoted("cut \xe2\x82")));
}

TEST(JsonPointer, EscapesItsTwoCharacters) {
  EXPECT_EQ(pointer_escape("a~b/c~1"), "a~0b~1c~01");
  EXPECT_EQ(pointer_escape(""), "");
}

TEST(Utf8, OnlyWellFormedSequencesAreValid) {
  for (const char* good : {"", "a", "é", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
                           "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf"}) {
    EXPECT_TRUE(valid_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3(b"}) {
    EXPECT_FALSE(valid_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace msync
