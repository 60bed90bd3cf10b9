// docs/schemas.md promises messages: each ```json block there is loaded as notes.json, and must bring what the ```text
// block behind it says, or no problem where there is none.
#include <gtest/gtest.h>

#include "core/collection.h"
#include "platform/files.h"

namespace msync {
namespace {

struct Example {
  std::string json;
  std::string messages;
};

/// The text between a fence that opens with `mark` right at `at`, and its end; `at` is moved behind it.
std::string block(const std::string& page, const std::string& mark, std::size_t& at) {
  const std::size_t from = at + mark.size();
  const std::size_t end = page.find("```\n", from);
  EXPECT_NE(end, std::string::npos);
  at = end + 4;
  return page.substr(from, end - from);
}

std::vector<Example> examples(const std::string& page) {
  const std::string json = "```json\n";
  const std::string text = "```text\n";
  std::vector<Example> found;
  for (std::size_t at = page.find(json); at != std::string::npos; at = page.find(json, at)) {
    Example example;
    example.json = block(page, json, at);
    if (page.compare(at, text.size(), text) == 0) example.messages = block(page, text, at);
    found.push_back(example);
  }
  return found;
}

std::string messages_of(const std::vector<SchemaFile>& files) {
  std::string lines;
  for (const Problem& problem : Collections::load(files).problems) lines += to_string(problem) + "\n";
  return lines;
}

TEST(SchemasDoc, EveryExampleBringsTheMessagesThatThePageSays) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/schemas.md");
  ASSERT_TRUE(page);
  const auto found = examples(*page);
  EXPECT_GE(found.size(), 12U);
  for (const Example& example : found) {
    EXPECT_EQ(messages_of({{"notes.json", example.json}}), example.messages) << example.json;
  }
}

TEST(SchemasDoc, TheTwoFilesWhoseTopicsMeetAreNamedAsThePageSays) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/schemas.md");
  const auto file = [](const char* topic) {
    return std::string(R"({"type":"object","x-sync":{"topic":")") + topic +
           R"(","access":[{"allow":["read"]}]}})";
  };
  const std::string messages = messages_of({{"a.json", file("chat/{room}")}, {"b.json", file("chat/{id}")}});
  EXPECT_NE(page->find("```text\n" + messages + "```"), std::string::npos) << messages;
}

}  // namespace
}  // namespace msync
