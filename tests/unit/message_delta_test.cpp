#include <gtest/gtest.h>

#include "core/message.h"

namespace msync {
namespace {

constexpr char kSrc[] = "b3c1f2d4a5e6b7c8";

Change put() {
  return {"m1", 131, 8, 1795232472123, "alice", kSrc, 17, false, R"({"text":"hi"})", {}, ""};
}
Change patch() {
  return {"m2", 139, 6, 1795232472124, "bob", "", 0, false, "", 5, R"({"likes":4})"};
}
Change removal() {
  return {"m3", 140, 4, 1795232472125, "bob", "", 0, true, "", {}, ""};
}

/// The page that docs/protocol.md shows.
Delta page() {
  Delta delta;
  delta.rid = "7f";
  delta.last = true;
  delta.epoch = "1795230000000-9b2e";
  delta.scope = "chat/42/messages";
  delta.from = 100;
  delta.to = delta.head = 140;
  delta.now = 1795232472201;
  delta.count = 812;
  delta.digest = "5f0c000000000001";
  delta.n = 18;
  delta.outcomes = {{16, Status::superseded, {}, {}, Landing{"m1", 7, 99}, {}, false}};
  delta.changes = {put(), patch(), removal()};
  return delta;
}

TEST(Delta, OfAPageIsWrittenAsDocumented) {
  EXPECT_EQ(
      encode(page()),
      R"({"rid":"7f","last":true,"epoch":"1795230000000-9b2e","scope":"chat/42/messages","from":100,"to":140,)"
      R"("head":140,"now":1795232472201,"count":812,"digest":"5f0c000000000001","n":18,)"
      R"("outcomes":[{"n":16,"status":"superseded","id":"m1","version":7,"seq":99}],"changes":[)"
      R"({"id":"m1","seq":131,"version":8,"ts":1795232472123,"by":"alice","src":"b3c1f2d4a5e6b7c8","n":17,)"
      R"("data":{"text":"hi"}},)"
      R"({"id":"m2","seq":139,"version":6,"ts":1795232472124,"by":"bob","base":5,"patch":{"likes":4}},)"
      R"({"id":"m3","seq":140,"version":4,"ts":1795232472125,"by":"bob","deleted":true}]})");
}

TEST(Delta, OfTheLiveLogHasNoMembersOfAPage) {
  Delta delta = page();
  delta.rid.clear();
  delta.last = false;
  delta.n.reset();
  delta.outcomes.clear();
  delta.changes.clear();
  delta.from = 140;
  EXPECT_EQ(encode(delta),
            R"({"epoch":"1795230000000-9b2e","scope":"chat/42/messages","from":140,"to":140,"head":140,)"
            R"("now":1795232472201,"count":812,"digest":"5f0c000000000001","changes":[]})");
}

TEST(Delta, BelowTheHeadHasNeitherCountNorDigest) {
  Delta delta = page();
  delta.head = 150;
  delta.count.reset();
  delta.digest.clear();
  const Json value = Json::parse(encode(delta));
  EXPECT_FALSE(value.contains("count"));
  EXPECT_FALSE(value.contains("digest"));
}

TEST(Delta, OfASnapshotSaysSoAlsoWhenTheScopeIsEmpty) {
  Delta delta = page();
  delta.reset = true;
  delta.from = delta.to = delta.head = 0;
  delta.count = 0;
  delta.changes.clear();
  const Json value = Json::parse(encode(delta));
  EXPECT_EQ(value["reset"], true);
  EXPECT_EQ(value["snap"], 0);
  delta.reset = false;
  delta.snap = 7;
  EXPECT_EQ(Json::parse(encode(delta))["snap"], 7);
  EXPECT_FALSE(Json::parse(encode(delta)).contains("reset"));
}

TEST(Delta, OutcomesAreThereWhereNIs) {
  Delta delta = page();
  delta.outcomes.clear();
  delta.n = 0;
  const Json value = Json::parse(encode(delta));
  EXPECT_EQ(value["n"], 0);
  EXPECT_EQ(value["outcomes"], Json::array());
}

TEST(Delta, OutcomesWithoutNBelongToNobody) {
  Json odd = Json::parse(encode(page()));
  odd.erase("n");
  const auto delta = decode_delta(odd.dump());
  ASSERT_TRUE(delta.ok()) << delta.error().message;
  EXPECT_TRUE(delta->outcomes.empty());
}

TEST(Delta, SurvivesTheWayAsJsonAndAsCbor) {
  Delta delta = page();
  for (const bool reset : {false, true}) {
    delta.reset = reset;
    delta.snap = reset ? 140 : 0;
    const auto json = decode_delta(encode(delta));
    ASSERT_TRUE(json.ok()) << json.error().message;
    EXPECT_EQ(*json, delta);
    const auto cbor = decode_delta(encode_cbor(delta));
    ASSERT_TRUE(cbor.ok()) << cbor.error().message;
    EXPECT_EQ(*cbor, delta);
  }
}

TEST(Delta, CborIsRecognisedByItsFirstByte) {
  EXPECT_EQ(format_of(encode_cbor(page())), Format::cbor);
  EXPECT_EQ(format_of(encode(page())), Format::json);
}

TEST(Delta, ADocumentOfFullDepthFitsInside) {
  Delta delta = page();
  std::string data = "{}";
  for (std::size_t i = 1; i < limits::max_depth; ++i) data = R"({"x":)" + data + "}";
  ASSERT_TRUE(parse_json(data).ok());
  delta.changes[0].data = data;
  EXPECT_TRUE(decode_delta(encode(delta)).ok());
  EXPECT_TRUE(decode_delta(encode_cbor(delta)).ok());
}

TEST(Delta, ADamagedDocumentIsNotPassedOff) {
  Delta delta = page();
  delta.changes[0].data = "{\"text\":";
  EXPECT_THROW(encode_cbor(delta), std::runtime_error);
}

TEST(Delta, ItsSizeIsKnownBeforeItIsWritten) {
  Delta delta = page();
  delta.outcomes.clear();
  delta.rid = std::string(64, '"');
  delta.epoch = std::string(64, 'e');
  delta.scope.clear();
  for (int level = 0; level < 16; ++level) delta.scope += std::string(128, '"') + "/";
  delta.from = delta.snap = 9007199254740990;
  delta.to = delta.head = *(delta.count = 9007199254740991);
  delta.now = 9007199254740991;
  delta.reset = true;
  delta.n = 9007199254740991;
  std::size_t bytes = delta_overhead_bytes;
  for (const Change& change : delta.changes) bytes += encoded_bytes(change);
  EXPECT_LE(encode(delta).size(), bytes);
}

TEST(Change, ItsSizeIsABoundAndACloseOne) {
  Change odd = put();
  odd.id = "\"\\\n\x01ä";
  odd.by = std::string(128, '"');
  Change full = put();
  full.seq = full.version = full.n = 9007199254740991;
  full.ts = 9007199254740991;
  Change past = put();
  past.ts = -9007199254740991;
  Change empty;
  empty.data = "{}";
  Change controls = put();
  controls.by = std::string(128, '\x01');
  for (const Change& change : {put(), patch(), removal(), odd, full, past, empty, controls}) {
    const std::size_t exact = encode(change).size() + 1;
    EXPECT_GE(encoded_bytes(change), exact) << encode(change);
    EXPECT_LE(encoded_bytes(change), exact + 64) << encode(change);
  }
}

TEST(Change, IsTheTextOfADocTopic) {
  EXPECT_EQ(encode(put()), R"({"id":"m1","seq":131,"version":8,"ts":1795232472123,"by":"alice",)"
                           R"("src":"b3c1f2d4a5e6b7c8","n":17,"data":{"text":"hi"}})");
}

void expect_malformed(const Json& value) {
  const auto decoded = decode_delta(value.dump());
  ASSERT_FALSE(decoded.ok()) << value;
  EXPECT_EQ(decoded.error().code, Code::malformed) << value;
}

TEST(Delta, WithoutWhatItMustHaveIsMalformed) {
  const Json whole = Json::parse(encode(page()));
  for (const char* name : {"epoch", "scope", "from", "to", "head", "now", "changes"}) {
    Json without = whole;
    without.erase(name);
    expect_malformed(without);
  }
  for (const char* name : {"id", "seq", "version", "ts", "by", "data"}) {
    Json without = whole;
    without["changes"][0].erase(name);
    expect_malformed(without);
  }
  for (const auto& [name, value] : whole.items()) {
    Json odd = whole;
    odd[name] = Json::array({Json::array()});
    expect_malformed(odd);
  }
}

TEST(Delta, AChangeHasExactlyOneContent) {
  const Json whole = Json::parse(encode(page()));
  Json odd = whole;
  odd["changes"][0]["deleted"] = true;
  expect_malformed(odd);
  odd = whole;
  odd["changes"][0]["patch"] = Json::object();
  expect_malformed(odd);
  odd = whole;
  odd["changes"][1].erase("base");
  expect_malformed(odd);
  odd = whole;
  odd["changes"][2]["deleted"] = false;
  expect_malformed(odd);
  odd = whole;
  odd["changes"][0]["data"] = Json::array();
  expect_malformed(odd);
}

TEST(Delta, ARangeThatRunsBackwardsIsMalformed) {
  const Json whole = Json::parse(encode(page()));
  Json odd = whole;
  odd["from"] = 141;
  odd["changes"] = Json::array();
  expect_malformed(odd);
  odd = whole;
  odd["head"] = 139;
  expect_malformed(odd);
  odd = whole;
  odd["from"] = 131;
  expect_malformed(odd);
  odd = whole;
  odd["changes"][2]["seq"] = 141;
  expect_malformed(odd);
  odd = whole;
  odd["changes"][1]["seq"] = 131;
  expect_malformed(odd);
}

TEST(Delta, ADigestIsSixteenHexDigits) {
  for (const char* digest : {"", "5f0c", "5F0C000000000001", "5f0c00000000000g", "5f0c0000000000011"}) {
    Json odd = Json::parse(encode(page()));
    odd["digest"] = digest;
    expect_malformed(odd);
  }
}

}  // namespace
}  // namespace msync
