// docs/threats.md names the tests that try each attack: every one of them must exist.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <set>

#include "platform/files.h"

namespace msync {
namespace {

namespace fs = std::filesystem;

// All `TEST(A, B)`, `TEST_F(A, B)` and `TEST_P(A, B)` of the sources, as A.B.
std::set<std::string> tests_of_the_sources() {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(MSYNC_SOURCE_DIR "/tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const auto bytes = read_file(entry.path().string());
    if (!bytes) continue;
    const std::string& text = *bytes;
    for (auto at = text.find("\nTEST"); at != text.npos; at = text.find("\nTEST", at + 1)) {
      const auto open = text.find('(', at), comma = text.find(',', at), close = text.find(')', at);
      if (comma == text.npos || close < comma) continue;
      const auto name = text.find_first_not_of(" \n", comma + 1);
      names.insert(text.substr(open + 1, comma - open - 1) + "." + text.substr(name, close - name));
    }
  }
  return names;
}

// What stands between backticks and looks like Suite.Test.
std::set<std::string> named_in(const std::string& page) {
  std::set<std::string> names;
  for (auto begin = page.find('`'); begin != page.npos;) {
    const auto end = page.find('`', begin + 1);
    if (end == page.npos) break;
    const std::string word = page.substr(begin + 1, end - begin - 1);
    const auto dot = word.find('.');
    const bool test = dot != word.npos && std::isupper(static_cast<unsigned char>(word[0])) != 0 &&
                      dot + 1 < word.size() && std::isupper(static_cast<unsigned char>(word[dot + 1])) != 0;
    if (test && word != "Suite.Test") names.insert(word);
    begin = page.find('`', end + 1);
  }
  return names;
}

TEST(ThreatsDoc, EveryTestThatItNamesExists) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/threats.md");
  ASSERT_TRUE(page);
  const auto named = named_in(*page);
  EXPECT_GE(named.size(), 100U);
  const auto existing = tests_of_the_sources();
  for (const auto& name : named) EXPECT_TRUE(existing.contains(name)) << name;
}

TEST(ThreatsDoc, EveryAttackThatIsTriedIsNamed) {
  const auto page = read_file(MSYNC_SOURCE_DIR "/docs/threats.md");
  ASSERT_TRUE(page);
  const auto named = named_in(*page);
  for (const auto& name : tests_of_the_sources()) {
    if (name.find("Attacks.") == name.npos) continue;
    EXPECT_TRUE(named.contains(name)) << name;
  }
}

}  // namespace
}  // namespace msync
