#include "core/delta_scan.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

Delta page() {
  Delta delta;
  delta.rid = "7f";
  delta.last = true;
  delta.epoch = "1795230000000-9b2e";
  delta.scope = "chat/42/\"messages\"";
  delta.from = 100;
  delta.to = delta.head = 140;
  delta.now = 1795232472201;
  delta.count = 812;
  delta.digest = "5f0c000000000001";
  delta.n = 18;
  const std::string document =
      R"({"a":[],"b":[1,"two\n",null,true,{"c":{}}],"d":-1.5,"e":0,"f":12345678901234567,"z":1e+22,"ü":"✓ \\\""})";
  delta.changes = {{"m1", 131, 8, 1795232472123, "alice", "b3c1f2d4a5e6b7c8", 17, false, document, {}, ""},
                   {"m2", 139, 6, 1795232472124, "bob", "", 0, false, "", 5, R"({"likes":4})"},
                   {"m3", 140, 4, 1795232472125, "bob", "", 0, true, "", {}, ""}};
  return delta;
}

Delta live() {
  Delta delta = page();
  delta.rid.clear();
  delta.last = false;
  delta.n.reset();
  delta.snap = 7;
  return delta;
}

Delta empty() {
  Delta delta = live();
  delta.changes.clear();
  delta.count.reset();
  delta.digest.clear();
  delta.reset = true;
  delta.snap = 0;
  return delta;
}

TEST(DeltaScan, ReadsWhatTheBridgeWrites) {
  for (const Delta& delta : {page(), live(), empty()}) {
    const auto scanned = scan_delta(encode(delta));
    ASSERT_TRUE(scanned.has_value()) << encode(delta);
    EXPECT_EQ(*scanned, delta);
  }
}

/// White space in front makes it another form: the strict reader's answer.
Result<Delta> strictly(const std::string& text) {
  return decode_delta(" " + text);
}

/// `what` in a page's text replaced by `by`.
std::string with(const std::string& what, const std::string& by) {
  std::string text = encode(page());
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(DeltaScan, AnotherFormIsLeftToTheStrictReader) {
  for (const auto& [what, by] :
       std::vector<std::pair<std::string, std::string>>{{R"("a":[])", R"("a":[ ])"},
                                                        {R"("a":[])", R"("a":"\u0041")"},
                                                        {R"("a":[])", R"("a":"\/")"},
                                                        {R"("a":[])", R"("a":1.0e1)"},
                                                        {R"("a":[])", R"("a":-0)"},
                                                        {R"("a":[],"b")", R"("b":[],"a")"},
                                                        {R"("a":[],)", R"("\"":[],)"},
                                                        {R"("n":18,"outcomes":[],)", R"("n":18,)"},
                                                        {R"("last":true)", R"("last":false)"},
                                                        {R"("from":100,"to":140)", R"("to":140,"from":100)"},
                                                        {R"("likes":4)", R"("likes":4},"new":{"x":1)"}}) {
    const std::string text = with(what, by);
    EXPECT_FALSE(scan_delta(text).has_value()) << text;
    EXPECT_TRUE(strictly(text).ok()) << text;
    EXPECT_EQ(decode_delta(text).ok(), strictly(text).ok()) << text;
  }
}

TEST(DeltaScan, WhatIsWrongIsLeftToTheStrictReader) {
  for (const auto& [what, by] :
       std::vector<std::pair<std::string, std::string>>{{R"("a":[])", R"("a":01)"},
                                                        {R"("a":[])", R"("a":1.)"},
                                                        {R"("a":[])", R"("a":tru)"},
                                                        {R"("a":[])", "\"a\":\"\n\""},
                                                        {R"("a":[])", "\"a\":\"\xff\""},
                                                        {R"("a":[],"b")", R"("a":[],"a")"},
                                                        {R"("a":[],)", R"("a":[],,)"},
                                                        {R"("seq":131)", R"("seq":0131)"},
                                                        {R"("seq":131)", R"("seq":9007199254740992)"},
                                                        {R"("seq":131)", R"("seq":139)"},
                                                        {R"("to":140)", R"("to":141)"},
                                                        {R"("epoch":"1795230000000-9b2e")", R"("epoch":"")"},
                                                        {R"("src":"b3c1f2d4a5e6b7c8")", R"("src":"b3c1")"},
                                                        {"5f0c", "5F0C"}}) {
    const std::string text = with(what, by);
    EXPECT_FALSE(scan_delta(text).has_value()) << text;
    EXPECT_FALSE(decode_delta(text).ok()) << text;
  }
  const std::string text = encode(page());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(scan_delta(std::string_view(text).substr(0, size)).has_value()) << size;
  EXPECT_FALSE(scan_delta(text + " ").has_value());
}

TEST(DeltaScan, DepthIsBounded) {
  Delta delta = page();
  const std::string data = std::string(100'000, '[') + std::string(100'000, ']');
  delta.changes[0].data = R"({"deep":)" + data + "}";
  EXPECT_FALSE(scan_delta(encode(delta)).has_value());
  EXPECT_FALSE(decode_delta(encode(delta)).ok());
}

}  // namespace
}  // namespace msync
