#include <gtest/gtest.h>

#include "core/message.h"

namespace msync {
namespace {

TEST(Notice, SaysWhatIsKnownAndNoMore) {
  Notice notice;
  notice.code = Code::denied;
  notice.message = "no right to write";
  EXPECT_EQ(encode(notice), R"({"code":"denied","message":"no right to write"})");
  notice = {Code::quota, "slower", "chat/42/messages/in", "", "b3c1f2d4a5e6b7c8", 17, 1500, {}};
  EXPECT_EQ(encode(notice), R"({"code":"quota","message":"slower","n":17,"retry_after_ms":1500,)"
                            R"("src":"b3c1f2d4a5e6b7c8","topic":"chat/42/messages/in"})");
}

TEST(Notice, SurvivesTheWay) {
  for (const Notice& notice :
       {Notice{Code::malformed, "not well-formed", "a/in", "", "", 0, {}, {}},
        Notice{Code::too_large, "m", "a/in", "", "b3c1f2d4a5e6b7c8", 9, {}, {}},
        Notice{Code::quota, "", "", "", "", 0, 0, {}},
        Notice{Code::token, "ends soon", "", "", "", 0, {}, 60},
        Notice{Code::revoked, "a grant is gone", "", "chat/42/messages", "", 0, {}, {}}}) {
    const auto decoded = decode_notice(encode(notice));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, notice);
  }
}

TEST(Notice, TextFromOutsideIsCutBetweenCharacters) {
  Notice notice;
  // 255 bytes, then a character of two: it does not fit and is left out whole.
  notice.topic = std::string(255, 't') + "ä" + "more";
  notice.src = std::string(254, 's') + "ä" + "more";
  notice.message = std::string(300, 'm');
  const auto decoded = decode_notice(encode(notice));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->topic, std::string(255, 't'));
  EXPECT_EQ(decoded->src, std::string(254, 's') + "ä");
  EXPECT_EQ(decoded->message, std::string(256, 'm'));
}

TEST(Notice, BytesThatAreNoTextAreReplaced) {
  const std::pair<std::string, std::string> cases[] = {{"a\xff"
                                                        "b",
                                                        "a?b"},
                                                       {"\xc3", "?"},
                                                       {"\xc3(", "?("},
                                                       {"\xe2\x9c", "??"},
                                                       {"\xed\xa0\x80", "???"},
                                                       {"\xc0\xaf", "??"},
                                                       {"\xf4\x90\x80\x80", "????"},
                                                       {"\xe2\x9c\x93\xf0\x9f\x98\x80", "✓😀"},
                                                       {std::string("a\0b", 3), std::string("a\0b", 3)}};
  for (const auto& [bytes, text] : cases) {
    Notice notice;
    notice.topic = bytes;
    const std::string payload = encode(notice);
    EXPECT_TRUE(valid_utf8(payload));
    EXPECT_EQ(decode_notice(payload)->topic, text);
  }
}

TEST(Notice, ControlCharactersCannotReachATerminal) {
  Notice notice;
  notice.topic = "a\n\x1b[2Jb";
  EXPECT_EQ(encode(notice).find_first_of("\n\x1b"), std::string::npos);
}

TEST(Notice, NamesALostScopeWhole) {
  Notice notice;
  notice.code = Code::revoked;
  notice.scope = "chat/" + std::string(300, 'r') + "/messages";
  EXPECT_EQ(decode_notice(encode(notice))->scope, notice.scope);
}

TEST(Notice, EveryCodeHasAName) {
  for (int code = 0; code <= static_cast<int>(Code::bad_config); ++code) {
    Notice notice;
    notice.code = static_cast<Code>(code);
    const auto decoded = decode_notice(encode(notice));
    ASSERT_TRUE(decoded.ok()) << to_string(notice.code);
    EXPECT_EQ(decoded->code, notice.code);
  }
}

TEST(Notice, OddOnesAreMalformed) {
  for (const char* payload :
       {"{}", R"({"code":"denied"})", R"({"code":"odd","message":""})", R"({"message":""})",
        R"({"code":"denied","message":7})", R"({"code":"denied","message":"","n":-1})",
        R"({"code":"quota","message":"","retry_after_ms":"1"})", "[]"}) {
    const auto decoded = decode_notice(payload);
    ASSERT_FALSE(decoded.ok()) << payload;
    EXPECT_EQ(decoded.error().code, Code::malformed);
  }
}

TEST(ServerStatus, AnnouncesTheLimits) {
  const Json value = Json::parse(encode(ServerStatus{true, "1795230000000-9b2e", 4, "0.1.0"}));
  EXPECT_EQ(value, Json::parse(R"({"state":"online","epoch":"1795230000000-9b2e","boot":4,"protocol":1,
    "version":"0.1.0","limits":{"max_payload_bytes":262144,"max_mutations":500,"max_operations":100,"max_depth":32,
    "max_unacked":1000}})"));
}

TEST(ServerStatus, SurvivesTheWay) {
  for (const ServerStatus& status :
       {ServerStatus{true, "1795230000000-9b2e", 4, "0.1.0"}, ServerStatus{false, "e", 0, ""}}) {
    const auto decoded = decode_status(encode(status));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, status);
  }
}

TEST(ServerStatus, OddOnesAreMalformed) {
  const Json whole = Json::parse(encode(ServerStatus{true, "e", 4, "0.1.0"}));
  for (const char* name : {"state", "epoch", "boot", "protocol", "version"}) {
    Json without = whole;
    without.erase(name);
    EXPECT_FALSE(decode_status(without.dump()).ok()) << name;
  }
  Json other = whole;
  other["protocol"] = 2;
  EXPECT_FALSE(decode_status(other.dump()).ok());
  other = whole;
  other["state"] = "asleep";
  EXPECT_FALSE(decode_status(other.dump()).ok());
}

}  // namespace
}  // namespace msync
