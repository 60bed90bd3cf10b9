// The history of one entity, as a backend reads it beside thousands of others' changes.
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

struct HttpHistory : Http {
  void SetUp() override {
    write_file(folder / "notes.json", R"({"type":"object",
      "x-sync":{"topic":"notes/{x}","history":"30d","access":[{"allow":["read","write"]}]}})");
    broker.options().schemas = folder.path();
    bridge.schemas() = folder.path();
    Http::SetUp();
  }
  Json page(const std::string& query) {
    const HttpAnswer answer = web.get("/v1/scopes/notes%2F1/history/m7" + query, token("backend"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json();
  }

  TempDir folder;
};

TEST_F(HttpHistory, OneEntitysChangesComeInPagesFromAmongThousands) {
  auto& alice = new_phone("alice:a", {.scopes = {"notes/1"}});
  constexpr int changes = 3000, entities = 30;
  for (int i = 0; i < changes; ++i) alice.writes("m" + std::to_string(i % entities), {{"i", i}});
  settle(120'000);
  EXPECT_EQ(outcome(alice, alice.deletes("m7")), "applied");

  std::vector<Json> found;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const Json one = page("?limit=40" + after);
    EXPECT_LE(one["history"].size(), 40U);
    found.insert(found.end(), one["history"].begin(), one["history"].end());
    if (!one.contains("next")) break;
    after = "&after=" + std::to_string(one["next"].get<int>());
  }
  ASSERT_EQ(found.size(), std::size_t{changes / entities + 1});
  for (std::size_t i = 0; i + 1 < found.size(); ++i) {
    EXPECT_EQ(found[i]["version"], i + 1);
    EXPECT_EQ(found[i]["seq"], 8 + i * entities);
    EXPECT_EQ(found[i]["after"]["i"], 7 + i * entities);
    EXPECT_EQ(found[i].contains("before"), i > 0);
  }
  EXPECT_EQ(found.back()["op"], "delete");
  EXPECT_FALSE(found.back().contains("after"));
  EXPECT_EQ(page("?after=" + std::to_string(changes + 1))["history"].size(), 0U);
}

}  // namespace
}  // namespace msync::test
