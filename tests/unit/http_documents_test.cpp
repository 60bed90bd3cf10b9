// Reading over HTTP: pages are bounded by rows and by bytes, and go on where the last one ended.
#include "bridge/http/documents.h"

#include "core/json.h"
#include "core/limits.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

class HttpDocumentsTest : public testing::Test {
 protected:
  /// So many changes of two entities in turn, each with a text of this length.
  void fill(std::uint64_t changes, std::size_t bytes) {
    store->begin();
    const auto scope = store->scope("notes/1", "notes").id;
    const std::string document = R"({"text":")" + std::string(bytes, 'x') + R"("})";
    for (std::uint64_t seq = 1; seq <= changes; ++seq)
      store->save_history(scope, {"", seq, seq % 2 == 1 ? "odd" : "even", (seq + 1) / 2, "put", 1, 1, "alice",
                                  "", 0, std::nullopt, document});
    store->commit();
  }

  /// So many documents that were deleted, and a live one after every so many.
  void bury(std::uint64_t tombstones, std::uint64_t each) {
    store->begin();
    ScopeRow scope = store->scope("notes/1", "notes");
    char id[16];
    for (std::uint64_t n = 1; n <= tombstones; ++n) {
      std::snprintf(id, sizeof id, "n%05u", static_cast<unsigned>(n));
      Entity entity = sample_entity(++scope.seq);
      entity.deleted = true;
      store->save(scope.id, id, entity, at_ms);
      if (n % each != 0) continue;
      store->save(scope.id, std::string(id) + "-live", sample_entity(++scope.seq), at_ms);
      scope.count += 1;
    }
    store->save(scope);
    store->commit();
  }
  Json listing(const std::string& query) {
    const auto reader = place.reader();
    const auto view = reader->view();
    const auto answer = list_documents(*view, *parse_target("/v1/scopes/notes%2F1/docs" + query), "1-a");
    EXPECT_EQ(answer.status, 200);
    return Json::parse(answer.body);
  }

  HttpResponse history(const std::string& query) {
    const auto reader = place.reader();
    const auto view = reader->view();
    return get_history(*view, *parse_target("/v1/scopes/notes%2F1/history/odd" + query));
  }
  Json page(const std::string& query) {
    const HttpResponse response = history(query);
    EXPECT_EQ(response.status, 200);
    return Json::parse(response.body);
  }
  /// The seq of every change, over as many pages as it takes.
  std::vector<std::uint64_t> all(const std::string& limit) {
    std::vector<std::uint64_t> found;
    std::string after;
    while (true) {
      const Json one = page("?" + limit + after);
      for (const Json& change : one["history"]) found.push_back(change["seq"]);
      if (!one.contains("next")) return found;
      after = "&after=" + std::to_string(one["next"].get<std::uint64_t>());
    }
  }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
};

TEST_F(HttpDocumentsTest, AnEntitysHistoryComesInPages) {
  fill(21, 10);
  const std::vector<std::uint64_t> odd{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21};
  EXPECT_EQ(all(""), odd);
  EXPECT_EQ(all("limit=1"), odd);
  EXPECT_EQ(all("limit=4"), odd);
  EXPECT_EQ(all("limit=11"), odd);
  EXPECT_EQ(page("?limit=4")["history"].size(), 4U);
  EXPECT_FALSE(page("?limit=11").contains("next"));
  EXPECT_EQ(page("?after=21")["history"].size(), 0U);
}

TEST_F(HttpDocumentsTest, APageOfHistoryEndsAtItsBytes) {
  fill(40, limits::http_page_bytes / 4);
  const HttpResponse first = history("");
  EXPECT_LT(first.body.size(), limits::http_page_bytes + 100);
  EXPECT_EQ(Json::parse(first.body)["history"].size(), 3U);
  EXPECT_EQ(all("").size(), 20U);
}

TEST_F(HttpDocumentsTest, AScopeOfMostlyTombstonesIsListedInPagesOfBoundedWork) {
  bury(50'000, 5000);
  std::vector<std::string> found, ends;
  for (std::string after; ends.size() < 10;) {
    const Json page = listing(after);
    EXPECT_EQ(page["count"], 10);
    for (const Json& document : page["documents"]) found.push_back(document["id"]);
    if (!page.contains("next")) break;
    ends.push_back(page["next"]);
    after = "?after=" + ends.back();
  }
  ASSERT_EQ(found.size(), 10U);
  EXPECT_EQ(found.front(), "n05000-live");
  EXPECT_EQ(found.back(), "n50000-live");
  // 50,010 rows of which a page looks at 10,000: here is where each ends.
  EXPECT_EQ(ends, (std::vector<std::string>{"n09999", "n19997", "n29995", "n39993", "n49991"}));
}

TEST_F(HttpDocumentsTest, APageMayBeEmptyAndHaveANext) {
  bury(listing_rows + 1, listing_rows + 1);
  const Json first = listing("");
  EXPECT_TRUE(first["documents"].empty());
  EXPECT_EQ(first["next"], "n10000");
  const Json second = listing("?after=n10000");
  EXPECT_EQ(second["documents"].size(), 1U);
  EXPECT_FALSE(second.contains("next"));
}

TEST_F(HttpDocumentsTest, DocumentsThatEndWithTheRowsAreTheLastPage) {
  bury(10, 1);
  EXPECT_EQ(listing("?limit=10")["documents"].size(), 10U);
  EXPECT_FALSE(listing("?limit=10").contains("next"));
  EXPECT_EQ(listing("?limit=9")["next"], "n00009-live");
}

TEST_F(HttpDocumentsTest, ALimitOrAPlaceThatIsNoneIsRefused) {
  fill(1, 1);
  for (const char* query : {"?limit=0", "?limit=x", "?after=x", "?after=-1", "?after=9007199254740992"})
    EXPECT_EQ(history(query).status, 400) << query;
}

}  // namespace
}  // namespace msync
