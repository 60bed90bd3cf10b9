#include "core/collection.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/files.h"

namespace msync {
namespace {

std::string first_problem(const std::string& bytes, const std::string& path = "s/chat.json") {
  const auto loaded = Collections::load({{path, bytes}});
  return loaded.problems.empty() ? "" : to_string(loaded.problems.front());
}

/// A file that is right but for `sync` (members of x-sync) and `properties`.
std::string file_with(const std::string& sync, const std::string& properties = "{}") {
  return R"({"type":"object","properties":)" + properties + R"(,"x-sync":{)" + sync + "}}";
}

constexpr const char* good = R"("topic":"chat/{room}/messages","access":[{"allow":["read"]}])";

TEST(Collections, LoadTheExamples) {
  const auto loaded = load_schemas(MSYNC_SOURCE_DIR "/schemas");
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  const Collection* messages = loaded.collections.find("messages");
  ASSERT_NE(messages, nullptr);
  EXPECT_EQ(messages->topic.text(), "chat/{room}/messages");
  EXPECT_EQ(messages->operators.at("likes"), Operator::counter);
  EXPECT_EQ(messages->operators.at("tags"), Operator::set);
  ASSERT_EQ(messages->access.size(), 2U);
  EXPECT_EQ(messages->access[0].rights, 3);
  ASSERT_EQ(messages->access[0].where.size(), 1U);
  EXPECT_EQ(messages->access[0].where[0].text, "rooms");
  EXPECT_EQ(messages->access[1].role, "moderator");
  ASSERT_NE(loaded.collections.find("todos"), nullptr);
  EXPECT_EQ(loaded.collections.find("todos")->conflict, Conflict::merge);
  ASSERT_NE(loaded.collections.find("catalog"), nullptr);
  EXPECT_EQ(loaded.collections.find("catalog")->conflict, Conflict::reject);
  EXPECT_EQ(loaded.collections.find("none"), nullptr);
}

TEST(Collections, HaveTheDocumentedDefaults) {
  const auto loaded = Collections::load({{"chat.json", file_with(good)}});
  ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  const Collection& chat = loaded.collections.all().front();
  EXPECT_EQ(chat.conflict, Conflict::lww);
  EXPECT_EQ(chat.max_bytes, 65536U);
  EXPECT_FALSE(chat.retain_docs);
  EXPECT_EQ(chat.history_ms, 0);
  EXPECT_EQ(chat.tombstones_ms, std::int64_t{90} * 86400 * 1000);
}

TEST(Collections, NameFilePlaceAndRemedyOfAMistake) {
  EXPECT_EQ(first_problem("{\n  \"type\": nul\n}").rfind("s/chat.json: line 2, column ", 0), 0U);
  const std::string unknown = first_problem(file_with(std::string(good) + R"(,"retain":true)"));
  EXPECT_EQ(unknown.rfind("s/chat.json: /x-sync/retain: is unknown (", 0), 0U) << unknown;
}

TEST(Collections, RefuseEveryKindOfMistake) {
  const std::string g = good;
  for (const std::string& bytes :
       {file_with(R"("access":[{"allow":["read"]}])"),
        file_with(R"("topic":"a/{b}")"),
        file_with(R"("topic":"{b}/a","access":[{"allow":["read"]}])"),
        file_with(R"("topic":"a/{b}","access":[])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":[]}])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":["read"],"were":{}}])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":["read"],"where":{"c":"$user"}}])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":["read"],"where":{"b":"$claims."}}])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":["read"],"where":{"b":"$usr"}}])"),
        file_with(R"("topic":"a/{b}","access":[{"allow":["read"],"where":{"b":"x/y"}}])"),
        file_with(g + R"(,"conflict":"newest")"),
        file_with(g + R"(,"max_bytes":0)"),
        file_with(g + R"(,"max_bytes":245761)"),
        file_with(g + R"(,"history":"90")"),
        file_with(g + R"(,"tombstones":90)"),
        file_with(g + R"(,"retain_docs":1)"),
        file_with(g, R"({"a":{"type":"string","x-merge":"counter"}})"),
        file_with(g, R"({"a":{"type":"array","x-merge":"max"}})"),
        file_with(g, R"({"a":{"x-merge":"set"}})"),
        file_with(g, R"({"a":{"type":"array","x-merge":"bag"}})"),
        file_with(g, R"({"a":{"type":"array","x-merged":"set"}})"),
        file_with(g, R"({"a":{"properties":{"b":{"type":"array","x-merge":"set"}}}})"),
        file_with(g, R"({"a":{"type":"strin"}})"),
        std::string(R"({"x-sync":{"topic":"a/{b}","access":[{"allow":["read"]}]}})"),
        std::string(R"({"type":"array","x-sync":{"topic":"a/{b}","access":[{"allow":["read"]}]}})"),
        std::string("[]"),
        std::string("{}"),
        std::string("")}) {
    EXPECT_NE(first_problem(bytes), "") << bytes;
  }
  EXPECT_EQ(first_problem(file_with(g)), "");
}

TEST(Collections, ReportEveryMistakeNotOnlyTheFirst) {
  const auto loaded = Collections::load(
      {{"a.json", file_with(R"("topic":7,"access":[],"max_bytes":0)")}, {"b b.json", "{}"}, {"c.json", "x"}});
  EXPECT_GE(loaded.problems.size(), 6U);
}

TEST(Collections, RefuseTopicsThatCanBeTheSameAndNameBothFiles) {
  const auto loaded =
      Collections::load({{"one.json", file_with(R"("topic":"a/{x}/c","access":[{"allow":["read"]}])")},
                         {"two.json", file_with(R"("topic":"a/b/{y}","access":[{"allow":["read"]}])")}});
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_EQ(loaded.problems[0].file, "one.json");
  EXPECT_NE(loaded.problems[0].what.find("two.json"), std::string::npos);
}

TEST(Collections, JudgeTheDocumentsOfTheExamples) {
  const auto loaded = load_schemas(MSYNC_SOURCE_DIR "/schemas");
  const auto fits = [&](const char* name, const char* document) {
    return !loaded.collections.find(name)->schema->validate(Json::parse(document)).has_value();
  };
  EXPECT_TRUE(fits("messages", R"({"text":"hi","likes":0,"tags":["a"]})"));
  EXPECT_FALSE(fits("messages", R"({"text":"hi","colour":"red"})"));
  EXPECT_FALSE(fits("messages", R"({"likes":1})"));
  EXPECT_TRUE(fits("todos", R"({"title":"buy","due":"2026-11-21","labels":[]})"));
  EXPECT_FALSE(fits("todos", R"({"title":"buy","due":"tomorrow"})"));
  EXPECT_TRUE(fits("catalog", R"({"name":"x","anything":{"else":[1]}})"));
  EXPECT_FALSE(fits("catalog", R"({"title":"x"})"));
}

TEST(Collections, TakeEveryLanguageIntoTheCatalog) {
  const auto bytes = read_file("/usr/share/iso-codes/json/iso_639-3.json");
  if (!bytes) GTEST_SKIP() << "no iso-codes on this machine: " << bytes.error().message;
  const auto json = parse_json(*bytes);
  ASSERT_TRUE(json.ok());
  const auto loaded = load_schemas(MSYNC_SOURCE_DIR "/schemas");
  const Json& languages = json->at("639-3");
  EXPECT_GT(languages.size(), 7000U);
  for (const Json& language : languages) {
    const auto error = loaded.collections.find("catalog")->schema->validate(language);
    ASSERT_FALSE(error.has_value()) << language << error->message;
  }
}

TEST(Collections, SayTheLineAndTheColumn) {
  EXPECT_EQ(first_problem("{\n  \"type\": nul\n}").rfind("s/chat.json: line 2, column 14: ", 0), 0U)
      << first_problem("{\n  \"type\": nul\n}");
  EXPECT_EQ(first_problem("").rfind("s/chat.json: line 1, column 1: ", 0), 0U) << first_problem("");
}

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(*parse_duration_ms("30s"), 30'000);
  EXPECT_EQ(*parse_duration_ms("10m"), 600'000);
  EXPECT_EQ(*parse_duration_ms("12h"), 43'200'000);
  EXPECT_EQ(*parse_duration_ms("0d"), 0);
  EXPECT_TRUE(parse_duration_ms("36500d").ok());
  for (const char* bad :
       {"", "d", "5", "5w", "-1d", "1.5h", " 1d", "1d ", "36501d", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration_ms(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace msync
