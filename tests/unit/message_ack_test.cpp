#include <gtest/gtest.h>

#include "core/message.h"

namespace msync {
namespace {

constexpr char kSrc[] = "b3c1f2d4a5e6b7c8";

Ack ack() {
  Ack one;
  one.epoch = "1795230000000-9b2e";
  one.scope = "chat/42/messages";
  one.src = kSrc;
  one.n = 18;
  one.head = 133;
  one.now = 1795232472201;
  return one;
}

MutationResult applied() {
  return {17, Status::applied, {{"m1", 8, 131}}, {}, {}, {}, false};
}

MutationResult conflict() {
  return {18,   Status::conflict, {}, 0, Landing{"m2", 5, 120}, Error{Code::conflict, "changed since", ""},
          false};
}

void expect_malformed(const std::string& payload) {
  const auto decoded = decode_ack(payload);
  ASSERT_FALSE(decoded.ok()) << payload;
  EXPECT_EQ(decoded.error().code, Code::malformed) << payload;
}

TEST(Ack, IsWrittenAsDocumented) {
  Ack one = ack();
  one.results = {applied(), conflict()};
  EXPECT_EQ(encode(one),
            R"({"epoch":"1795230000000-9b2e","scope":"chat/42/messages","src":"b3c1f2d4a5e6b7c8","n":18,)"
            R"("head":133,"now":1795232472201,"results":[)"
            R"({"n":17,"status":"applied","changes":[{"id":"m1","version":8,"seq":131}]},)"
            R"({"n":18,"status":"conflict","op":0,"id":"m2","version":5,"seq":120,)"
            R"("error":{"code":"conflict","message":"changed since"}}]})");
}

TEST(Ack, OfAGapSaysOnlyWhereTheServerIs) {
  Ack one = ack();
  one.gap = true;
  EXPECT_EQ(encode(one),
            R"({"epoch":"1795230000000-9b2e","scope":"chat/42/messages","src":"b3c1f2d4a5e6b7c8","n":18,)"
            R"("now":1795232472201,"gap":true})");
  const auto decoded = decode_ack(encode(one));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_TRUE(decoded->gap);
  EXPECT_EQ(decoded->n, 18U);
}

TEST(Ack, OfAnotherEpochSaysOnlyThat) {
  Ack one = ack();
  one.stale = true;
  EXPECT_EQ(encode(one),
            R"({"epoch":"1795230000000-9b2e","scope":"chat/42/messages","src":"b3c1f2d4a5e6b7c8",)"
            R"("now":1795232472201,"stale":true})");
  const auto decoded = decode_ack(encode(one));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_TRUE(decoded->stale);
}

TEST(Result, EachStatusHasItsMembers) {
  MutationResult one = applied();
  one.changes.clear();
  EXPECT_EQ(encode(one), R"({"n":17,"status":"applied","changes":[]})");
  one = {17, Status::merged, {{"a", 2, 3}, {"b", 4, 5}}, {}, {}, {}, true};
  EXPECT_EQ(encode(one), R"({"n":17,"status":"merged","changes":[{"id":"a","version":2,"seq":3},)"
                         R"({"id":"b","version":4,"seq":5}],"duplicate":true})");
  one = {17, Status::superseded, {}, {}, Landing{"a", 2, 3}, {}, false};
  EXPECT_EQ(encode(one), R"({"n":17,"status":"superseded","id":"a","version":2,"seq":3})");
  one = {17, Status::superseded, {}, 4, {}, Error{Code::conflict, "gone", ""}, false};
  EXPECT_EQ(encode(one),
            R"({"n":17,"status":"superseded","op":4,"error":{"code":"conflict","message":"gone"}})");
  one = {17, Status::rejected, {}, 1, Landing{"a", 0, 0}, Error{Code::invalid, "too long", "/text"}, false};
  EXPECT_EQ(encode(one), R"({"n":17,"status":"rejected","op":1,"id":"a",)"
                         R"("error":{"code":"invalid","message":"too long","path":"/text"}})");
  one = {17, Status::processed, {}, {}, {}, {}, true};
  EXPECT_EQ(encode(one), R"({"n":17,"status":"processed","duplicate":true})");
}

TEST(Result, TheWholeDocumentIsAPlaceForInvalidOnly) {
  MutationResult one{1, Status::rejected, {}, {}, {}, Error{Code::invalid, "x", ""}, false};
  EXPECT_EQ(encode(one), R"({"n":1,"status":"rejected","error":{"code":"invalid","message":"x","path":""}})");
  one.error->code = Code::too_large;
  EXPECT_EQ(encode(one), R"({"n":1,"status":"rejected","error":{"code":"too_large","message":"x"}})");
}

TEST(Result, OddTextIsEscaped) {
  const MutationResult one{
      1, Status::rejected, {}, {}, Landing{"q\"\\\n\x01", 0, 0}, Error{Code::invalid, "ä\t", ""}, false};
  const auto decoded = decode_result(encode(one));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, one);
}

TEST(Result, SurvivesStorage) {
  for (const Status status : {Status::applied, Status::merged, Status::superseded, Status::conflict,
                              Status::rejected, Status::processed}) {
    MutationResult one{
        9007199254740991, status, {}, 99, Landing{"a", 7, 8}, Error{Code::bad_operator, "m", "/p"}, true};
    if (stored(status)) one.changes = {{"a", 1, 2}, {"b", 3, 4}};
    if (status == Status::rejected) one.standing = Landing{"a", 0, 0};
    const auto decoded = decode_result(encode(one));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, one) << encode(one);
    EXPECT_EQ(parse_status(to_string(status)), status);
  }
  EXPECT_EQ(parse_status(""), std::nullopt);
  EXPECT_EQ(parse_status("Applied"), std::nullopt);
}

TEST(Ack, SurvivesTheWay) {
  Ack one = ack();
  one.results = {applied(), conflict()};
  EXPECT_EQ(*decode_ack(encode(one)), one);
  one.results.clear();
  EXPECT_EQ(*decode_ack(encode(one)), one);
  EXPECT_EQ(*decode_ack(to_cbor(Json::parse(encode(one)))), one);
}

TEST(Ack, WithoutWhatItMustHaveIsMalformed) {
  Ack one = ack();
  one.results = {applied(), conflict()};
  const Json whole = Json::parse(encode(one));
  for (const auto& [name, value] : whole.items()) {
    Json without = whole;
    without.erase(name);
    expect_malformed(without.dump());
    Json odd = whole;
    odd[name] = Json::array({nullptr});
    expect_malformed(odd.dump());
  }
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& [name, value] : whole["results"][i].items()) {
      if (name == "op" || name == "id" || name == "error") continue;
      Json without = whole;
      without["results"][i].erase(name);
      expect_malformed(without.dump());
    }
  }
}

TEST(Result, UnknownWordsInAResultAreMalformed) {
  for (const char* result :
       {R"({"n":1,"status":"maybe"})", R"({"n":1,"status":"rejected"})", R"({"n":1,"status":"applied"})", "7",
        R"({"n":1,"status":"rejected","error":{"code":"odd","message":""}})",
        R"({"n":1,"status":"rejected","error":"odd"})", R"({"n":1,"status":"conflict","id":"a","version":1})",
        R"({"n":1,"status":"merged","changes":[{"id":"a","version":1}]})",
        R"({"n":-1,"status":"processed"})"}) {
    const auto decoded = decode_result(result);
    ASSERT_FALSE(decoded.ok()) << result;
    EXPECT_EQ(decoded.error().code, Code::malformed);
  }
}

}  // namespace
}  // namespace msync
