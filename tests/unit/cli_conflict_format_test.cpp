#include "cli/conflict_format.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace msync {
namespace {

const ConflictRecord lost{
    "chat/42/messages", "m1", 1795232472123,
    R"({"base":1,"mine":{"base":1,"data":{"text":"bob's"},"op":"put","ts":1795232400000},"n":3,)"
    R"("src":"bbbbbbbbbbbbbbbb","status":"superseded","theirs":{"by":"alice",)"
    R"("data":{"text":"two"},"src":"aaaaaaaaaaaaaaaa","ts":1795232400500,"version":2},)"
    R"("user":"bob","winner":"theirs"})"};

TEST(ConflictFormat, APersonReadsWhoWroteAgainstWhom) {
  EXPECT_EQ(
      conflict_text(lost, 0),
      "2026-11-21T03:41:12.123Z  chat/42/messages  m1\n"
      "  base    v1\n"
      "  mine    put by bob (src bbbbbbbbbbbbbbbb, n 3) at 2026-11-21T03:40:00.000Z: {\"text\":\"bob's\"}\n"
      "  theirs  v2 by alice (src aaaaaaaaaaaaaaaa) at 2026-11-21T03:40:00.500Z: {\"text\":\"two\"}\n"
      "  winner  theirs (superseded)\n");
}

TEST(ConflictFormat, SaysWhatIsMissing) {
  const ConflictRecord blind{
      "s", "m", 0,
      R"({"base":null,"mine":{"op":"delete"},"status":"superseded","theirs":null,"user":"bob","winner":"theirs"})"};
  const std::string text = conflict_text(blind, 0);
  EXPECT_NE(text.find("base    none\n"), std::string::npos) << text;
  EXPECT_NE(text.find("mine    delete by bob\n"), std::string::npos) << text;
  EXPECT_NE(text.find("theirs  nothing"), std::string::npos) << text;
}

TEST(ConflictFormat, NamesTombstonesAndSizes) {
  const ConflictRecord one{
      "s", "m", 0,
      R"({"base":0,"mine":{"op":"put","data_bytes":9000},"status":"superseded",)"
      R"("theirs":{"by":"alice","deleted":true,"ts":5,"version":3},"user":"bob","winner":"theirs"})"};
  const std::string text = conflict_text(one, 0);
  EXPECT_NE(text.find("(9000 bytes, too large to be kept here)"), std::string::npos) << text;
  EXPECT_NE(text.find("v3 by alice at 1970-01-01T00:00:00.005Z, deleted\n"), std::string::npos) << text;
}

TEST(ConflictFormat, CutsLinesAndLetsNobodyMoveTheCursor) {
  ConflictRecord hostile = lost;
  hostile.id = "m\x1b[2J";
  const std::string text = conflict_text(hostile, 40);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("…\n"), std::string::npos) << text;
}

TEST(ConflictFormat, JsonHoldsTheWholeRecordInOneLine) {
  const std::string line = conflict_json(lost);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  Json expected = Json::parse(lost.text);
  expected["at"] = 1795232472123;
  expected["scope"] = "chat/42/messages";
  expected["id"] = "m1";
  EXPECT_EQ(Json::parse(line), expected);
}

}  // namespace
}  // namespace msync
