#include "core/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace msync {
namespace {

std::shared_ptr<const Schema> compiled(const char* text) {
  auto schema = Schema::compile(Json::parse(text));
  EXPECT_TRUE(schema.ok()) << (schema ? "" : schema.error().path + ": " + schema.error().message);
  return schema ? *schema : nullptr;
}

/// "" if the document fits, else the error's path, with "@" in front so that the root is not empty.
std::string path_in(const char* schema, const Json& document) {
  const auto made = compiled(schema);
  if (!made) return "no schema";
  const auto error = made->validate(document);
  if (!error) return "";
  EXPECT_EQ(error->code, Code::invalid);
  return "@" + error->path;
}

std::string path_of(const char* schema, const char* document) {
  return path_in(schema, Json::parse(document));
}

std::string mistake_at(const char* schema) {
  const auto made = Schema::compile(Json::parse(schema));
  if (made.ok()) return "";
  EXPECT_EQ(made.error().code, Code::bad_config);
  EXPECT_FALSE(made.error().message.empty());
  return "@" + made.error().path;
}

TEST(Schema, NamesTheFailingValue) {
  constexpr const char* schema =
      R"({"properties":{"a":{"type":"object","properties":{"b/c":{"items":{"type":"integer"}}}}}})";
  EXPECT_EQ(path_of(schema, R"({"a":{"b/c":[1,2]}})"), "");
  EXPECT_EQ(path_of(schema, R"({"a":{"b/c":[1,"x"]}})"), "@/a/b~1c/1");
  EXPECT_EQ(path_of(schema, R"({"a":3})"), "@/a");
}

TEST(Schema, NamesTheParentOfAMissingOrAnExtraMember) {
  constexpr const char* schema =
      R"({"properties":{"a":{"required":["x"],"properties":{"x":{}},"additionalProperties":false}}})";
  EXPECT_EQ(path_of(schema, R"({"a":{"x":1}})"), "");
  EXPECT_EQ(path_of(schema, R"({"a":{}})"), "@/a");
  EXPECT_EQ(path_of(schema, R"({"a":{"x":1,"y":2}})"), "@/a");
  EXPECT_EQ(path_of(R"({"required":["x"]})", "{}"), "@");
}

TEST(Schema, RunsPatternsOfAnyLengthWithoutRecursion) {
  const std::string same(100'000, 'a');
  const std::string mixed = same + "c";
  constexpr const char* schema =
      R"x({"properties":{"s":{"not":{"pattern":"^(a|b)*$"}},"t":{"pattern":"^(a|b)*$"}}})x";
  EXPECT_EQ(path_in(schema, Json{{"t", same}}), "");
  EXPECT_EQ(path_in(schema, Json{{"t", mixed}}), "@/t");
  EXPECT_EQ(path_in(schema, Json{{"s", same}}), "@/s");
  EXPECT_EQ(mistake_at(R"x({"patternProperties":{"^(a|b)*$":{}}})x"), "@/patternProperties");
}

TEST(Schema, RefusesWhatIsNoSchemaWithItsPlace) {
  EXPECT_EQ(mistake_at(R"({"type":"strin"})"), "@/type");
  EXPECT_EQ(mistake_at(R"({"properties":{"a":{"type":"strin"}}})"), "@/properties/a/type");
  EXPECT_EQ(mistake_at(R"x({"properties":{"a":{"pattern":"(?=x)"}}})x"), "@/properties/a/pattern");
  EXPECT_EQ(mistake_at(R"({"anyOf":[]})"), "@/anyOf");
  EXPECT_EQ(mistake_at(R"({"maxLength":-1})"), "@/maxLength");
  EXPECT_EQ(mistake_at(R"({"$ref":"http://example.com/x.json"})"), "@/$ref");
  EXPECT_EQ(mistake_at(R"({"$ref":"#/definitions/none"})"), "@/$ref");
  EXPECT_EQ(mistake_at("[]"), "@");
}

TEST(Schema, FollowsReferencesIntoTheDocumentAndRefusesCircles) {
  constexpr const char* tree =
      R"({"properties":{"children":{"items":{"$ref":"#"}}},"additionalProperties":false})";
  EXPECT_EQ(path_of(tree, R"({"children":[{"children":[{}]}]})"), "");
  EXPECT_EQ(path_of(tree, R"({"children":[{"children":[{"x":1}]}]})"), "@/children/0/children/0");
  EXPECT_NE(mistake_at(R"({"$ref":"#"})"), "");
  EXPECT_NE(
      mistake_at(
          R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"allOf":[{"$ref":"#/definitions/a"}]}}})"),
      "");
}

TEST(Schema, ARefLeadsOnlyToWhatIsASchemaForEverybody) {
  // Unseen by whoever takes patterns away from std::regex, these once overflowed the stack.
  EXPECT_EQ(mistake_at(R"x({"items":{"$ref":"#/shared/x"},"shared":{"x":{"pattern":"^(a|b)*$"}}})x"),
            "@/items/$ref");
  EXPECT_EQ(mistake_at(R"x({"items":{"$ref":"#/enum/0"},"enum":[{"pattern":"^(a|b)*$"}]})x"), "@/items/$ref");
  EXPECT_EQ(mistake_at(R"({"items":{"$ref":"#/properties"},"properties":{}})"), "@/items/$ref");
  EXPECT_EQ(mistake_at(R"({"items":{"$ref":"#/properties/a"},"properties":{"a":{}}})"), "");
  EXPECT_EQ(mistake_at(R"({"items":{"$ref":"#/allOf/1/not"},"allOf":[true,{"not":{"type":"null"}}]})"), "");
  EXPECT_EQ(mistake_at(R"({"items":{"$ref":"#/definitions/a~1b%20c"},"definitions":{"a/b c":{}}})"), "");
}

TEST(Schema, GivesUpOnADocumentThatWouldTakeForEver) {
  constexpr const char* schema = R"({"definitions":{"node":{"anyOf":[
      {"type":"object","properties":{"x":{"$ref":"#/definitions/node"}},"required":["y"]},
      {"type":"object","properties":{"x":{"$ref":"#/definitions/node"}},"required":["z"]},
      {"type":"null"}]}},"$ref":"#/definitions/node"})";
  const auto nested = [](int depth) {
    Json document = Json::object();
    for (; depth > 1; --depth) document = Json{{"x", document}};
    return document;
  };
  const auto error = compiled(schema)->validate(nested(31));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "takes too many steps to check");
  EXPECT_EQ(path_in(schema, nested(3)), "@/x/x");  // afterwards all is as before
  EXPECT_EQ(path_in(schema, Json{{"x", {{"x", nullptr}, {"z", 1}}}, {"y", 1}}), "");
}

TEST(Schema, HasStepsEnoughForLongDocumentsOfManyAlternatives) {
  Json schema = Json::parse(R"({"items":{"oneOf":[]}})");
  for (int i = 0; i < 50; ++i) schema["items"]["oneOf"].push_back({{"const", i}});
  const auto made = Schema::compile(schema);
  ASSERT_TRUE(made);
  Json document = Json::array();
  for (int i = 0; i < 20'000; ++i) document.push_back(i % 50);
  EXPECT_FALSE((*made)->validate(document));
}

TEST(Schema, TellsEqualNumbersFromDifferentOnes) {
  EXPECT_EQ(path_of(R"({"properties":{"a":{"uniqueItems":true}}})", R"({"a":[1,1.0]})"), "@/a");
  EXPECT_EQ(path_of(R"({"properties":{"a":{"uniqueItems":true}}})", R"({"a":[1,true,"1",[1],{"1":1}]})"), "");
}

TEST(Schema, TakesNoNumberForAnotherThatSharesItsBits) {
  constexpr std::uint64_t huge = 18446744073709551615ULL;  // as signed: -1
  EXPECT_EQ(path_in(R"({"properties":{"a":{"maximum":5}}})", Json{{"a", huge}}), "@/a");
  EXPECT_EQ(path_in(R"({"properties":{"a":{"minimum":0}}})", Json{{"a", huge}}), "");
  EXPECT_EQ(path_in(R"({"properties":{"a":{"const":-1}}})", Json{{"a", huge}}), "@/a");
  EXPECT_EQ(path_in(R"({"properties":{"a":{"uniqueItems":true}}})", Json{{"a", {-1, huge}}}), "");
}

TEST(Schema, KnowsMultiplesOfWholeNumbersAndOfFractions) {
  constexpr const char* even = R"({"properties":{"a":{"multipleOf":2}}})";
  EXPECT_EQ(path_of(even, R"({"a":-4})"), "");
  EXPECT_EQ(path_of(even, R"({"a":4.0})"), "");
  EXPECT_EQ(path_of(even, R"({"a":"text"})"), "");
  EXPECT_EQ(path_of(even, R"({"a":3})"), "@/a");
  EXPECT_EQ(path_of(even, R"({"a":0.5})"), "@/a");
  constexpr const char* cents = R"({"properties":{"a":{"multipleOf":0.01}}})";
  EXPECT_EQ(path_of(cents, R"({"a":19.99})"), "");
  EXPECT_EQ(path_of(cents, R"({"a":19.999})"), "@/a");
}

TEST(Schema, RepeatsOnlySoMuchOfALongName) {
  const std::string name = [] {
    std::string text;
    while (text.size() < 200'000) text += "é";
    return text;
  }();
  const auto closed = compiled(R"({"additionalProperties":false})")->validate(Json{{name, 1}});
  ASSERT_TRUE(closed.has_value());
  EXPECT_LE(closed->message.size(), 300U);
  EXPECT_TRUE(valid_utf8(closed->message));
  const auto deep = compiled(R"({"additionalProperties":{"additionalProperties":{"type":"null"}}})")
                        ->validate(Json{{"a", Json{{name, 1}}}});
  ASSERT_TRUE(deep.has_value());
  EXPECT_EQ(deep->path, "/a");
}

TEST(Schema, JudgesForManyThreadsAtOnce) {
  const auto schema = compiled(R"x({"properties":{"a":{"pattern":"^(a|b)*$"},"b":{"$ref":"#"}}})x");
  const Json good{{"b", {{"a", "abab"}}}};
  const Json bad{{"b", {{"a", "abc"}}}};
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (int& count : right) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) count += !schema->validate(good) && schema->validate(bad)->path == "/b/a";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 200));
}

TEST(Schema, ChecksFormatsItKnowsAndIgnoresOthers) {
  constexpr const char* schema =
      R"({"properties":{"a":{"format":"date"},"b":{"items":{"format":"unheard-of"}}}})";
  EXPECT_EQ(path_of(schema, R"({"a":"2026-11-21","b":["?"]})"), "");
  EXPECT_EQ(path_of(schema, R"({"a":7})"), "") << "a format is about strings only";
  EXPECT_EQ(path_of(schema, R"({"a":"2026-02-30"})"), "@/a");
  EXPECT_EQ(
      path_of(R"({"properties":{"a":{"anyOf":[{"format":"ipv4"},{"format":"ipv6"}]}}})", R"({"a":"1.2.3"})"),
      "@/a");
}

}  // namespace
}  // namespace msync
