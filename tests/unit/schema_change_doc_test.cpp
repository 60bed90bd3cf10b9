// docs/schemas.md, "Changing a schema": each example there is a file before and after, and documents that were stored
// under the first; the bridge's judgement must be the one that the page says. x-sync is left out on the page.
#include "bridge/schema_judge.h"
#include "platform/files.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

struct Example {
  std::string before, after, stored, refused;
};

/// The body of the block fenced as "```KIND" that begins at or after `at`, which is moved behind it; nothing if none
/// does before `end`.
std::string block(const std::string& page, const std::string& kind, std::size_t& at, std::size_t end) {
  const std::string mark = "```" + kind + "\n";
  const std::size_t found = page.find(mark, at);
  if (found == std::string::npos || found >= end) return "";
  const std::size_t from = found + mark.size();
  const std::size_t to = page.find("```\n", from);
  at = to + 4;
  return page.substr(from, to - from);
}

std::vector<Example> examples(const std::string& page) {
  std::vector<Example> found;
  for (std::size_t at = page.find("```json before\n"); at != std::string::npos;) {
    const std::size_t end = std::min(page.find("```json before\n", at + 1), page.find("\n## ", at));
    Example example;
    example.before = block(page, "json before", at, end);
    example.after = block(page, "json after", at, end);
    example.stored = block(page, "json stored", at, end);
    example.refused = block(page, "text refused", at, end);
    found.push_back(example);
    at = page.find("```json before\n", at);
  }
  return found;
}

Collections load(const std::string& body) {
  Json file = Json::parse(body);
  file["x-sync"] = Json::parse(R"({"topic":"notes/{x}","access":[{"allow":["read","write"]}]})");
  auto loaded = Collections::load({{"notes.json", to_text(file)}});
  for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  return std::move(loaded.collections);
}

/// Documents, a line each, under "m1", "m2", … of notes/1; fails where one does not fit.
void store_documents(Store& store, const Collection& collection, const std::string& documents) {
  store.begin();
  ScopeRow scope = store.scope("notes/1", collection.name);
  for (std::size_t at = 0; at < documents.size(); at = documents.find('\n', at) + 1) {
    Entity entity = sample_entity(++scope.seq);
    entity.data = Json::parse(documents.substr(at, documents.find('\n', at) - at));
    EXPECT_FALSE(unfit(collection, entity.data)) << entity.data;
    store.save(scope.id, "m" + std::to_string(scope.seq), entity, 1);
  }
  store.save(scope);
  store.commit();
}

/// What the bridge would say, without the remedy, which the page says once; nothing where it takes the file.
std::string judgement(const StorePlace& place, const Collections& after) {
  const auto reader = place.reader();
  SchemaJudge judge({});
  const auto verdicts = judge.judge(*reader->view(), {after.find("notes")});
  if (unfit(*verdicts) == 0) return "";
  auto lines = lines_of(verdicts->front());
  lines.pop_back();
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(SchemaChangeDoc, EveryExampleIsJudgedAsThePageSays) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/schemas.md");
  ASSERT_TRUE(page);
  const auto found = examples(*page);
  EXPECT_GE(found.size(), 6U);
  std::size_t refused = 0;
  for (const Example& example : found) {
    const StorePlace place;
    const Collections before = load(example.before);
    store_documents(*place.open(), *before.find("notes"), example.stored);
    EXPECT_EQ(judgement(place, load(example.after)), example.refused) << example.after;
    refused += example.refused.empty() ? 0 : 1;
  }
  EXPECT_GE(refused, 3U);
}

}  // namespace
}  // namespace msync
