// docs/recipes.md shows every file of schemas/cookbook whole, and they can stand beside each other.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/collection.h"
#include "platform/files.h"

namespace msync {
namespace {

TEST(RecipesDoc, ShowsEveryFileAsItIs) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/recipes.md");
  ASSERT_TRUE(page);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MSYNC_SOURCE_DIR "/schemas/cookbook")) {
    const auto file = read_file(entry.path().string());
    ASSERT_TRUE(file);
    const std::string path = "schemas/cookbook/" + entry.path().filename().string();
    const std::string shown = "[" + path + "](../" + path + ")\n\n```json\n" + *file + "```\n";
    EXPECT_NE(page->find(shown), std::string::npos) << path;
    ++files;
  }
  std::size_t blocks = 0;
  for (auto at = page->find("```json\n"); at != page->npos; at = page->find("```json\n", at + 1)) ++blocks;
  EXPECT_EQ(blocks, files);
}

TEST(RecipesDoc, TheFilesLoadTogether) {
  const auto loaded = load_schemas(MSYNC_SOURCE_DIR "/schemas/cookbook");
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  EXPECT_EQ(loaded.collections.all().size(), 8U);
}

}  // namespace
}  // namespace msync
