// What the store keeps for HTTP: answered requests, webhooks' cursors, documents one by one, replicas.
#include "core/limits.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

class StoreRequestsTest : public testing::Test {
 protected:
  Entity document(std::uint64_t seq, bool deleted = false) const {
    Entity entity;
    entity.version = entity.edited = seq;
    entity.seq = seq;
    entity.user = entity.by = "alice";
    entity.deleted = deleted;
    if (!deleted) entity.data = Json{{"text", std::to_string(seq)}};
    return entity;
  }
  /// Entities of these ids in chat/1, seq 1, 2, …; those that begin with "gone" are tombstones.
  std::int64_t fill(const std::vector<std::string>& ids) {
    store->begin();
    ScopeRow scope = store->scope("chat/1", "chat");
    for (const std::string& id : ids) {
      scope.seq += 1;
      store->save(scope.id, id, document(scope.seq, id.starts_with("gone")), 1000);
    }
    store->save(scope);
    store->commit();
    return scope.id;
  }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
};

TEST_F(StoreRequestsTest, ARequestIsFoundByUserAndKeyUntilItIsOld) {
  const RequestRecord first{"alice", "k1", 1000, "f1", R"({"n":0,"status":"applied"})"};
  const RequestRecord second{"bob", "k1", 2000, "f2", R"({"n":0,"status":"conflict"})"};
  store->begin();
  store->save_request(first);
  store->save_request(second);
  store->commit();
  EXPECT_EQ(store->request("alice", "k1"), first);
  EXPECT_EQ(store->request("bob", "k1"), second);
  EXPECT_EQ(store->request("alice", "k2"), std::nullopt);
  store->begin();
  EXPECT_EQ(store->drop_requests(2000, 10), 1U);
  store->commit();
  EXPECT_EQ(store->request("alice", "k1"), std::nullopt);
  EXPECT_EQ(store->request("bob", "k1"), second);
}

TEST_F(StoreRequestsTest, OldRequestsGoAFewAtATimeTheOldestFirst) {
  store->begin();
  for (int i = 0; i < 5; ++i) store->save_request({"alice", std::to_string(i), 100 - i, "f", "{}"});
  EXPECT_EQ(store->drop_requests(1000, 3), 3U);
  EXPECT_TRUE(store->request("alice", "0").has_value());
  EXPECT_TRUE(store->request("alice", "1").has_value());
  EXPECT_EQ(store->drop_requests(1000, 3), 2U);
  store->commit();
}

TEST_F(StoreRequestsTest, AWebhooksCursorsAreItsOwnAndGoWithIt) {
  const auto scope = fill({"a"});
  store->begin();
  store->save_webhook("one", scope, 4);
  store->save_webhook("one", scope, 7);
  store->save_webhook("two", scope, 2);
  store->keep_webhooks({"one"});
  store->commit();
  const auto reader = place.reader();
  EXPECT_EQ(reader->view()->webhook("one"), (std::map<std::int64_t, std::uint64_t>{{scope, 7}}));
  EXPECT_TRUE(reader->view()->webhook("two").empty());
}

TEST_F(StoreRequestsTest, DocumentsComeByIdWithoutTombstones) {
  const auto scope = fill({"b", "gone1", "a", "c"});
  const auto reader = place.reader();
  const auto view = reader->view();
  ASSERT_TRUE(view->document(scope, "a").has_value());
  EXPECT_EQ(view->document(scope, "a")->data, R"({"text":"3"})");
  EXPECT_EQ(view->document(scope, "gone1"), std::nullopt);
  EXPECT_EQ(view->document(scope, "d"), std::nullopt);
  std::vector<std::string> ids;
  EXPECT_EQ(view->documents(scope, "a", 100,
                            [&](Change&& change) {
                              ids.push_back(change.id);
                              return ids.size() < 10;
                            }),
            std::nullopt);
  EXPECT_EQ(ids, (std::vector<std::string>{"b", "c"}));
  ids.clear();
  EXPECT_EQ(view->documents(scope, "", 100,
                            [&](Change&& change) {
                              ids.push_back(change.id);
                              return ids.size() < 2;
                            }),
            std::nullopt);
  EXPECT_EQ(ids, (std::vector<std::string>{"a", "b"}));
}

TEST_F(StoreRequestsTest, WhoeverLooksForDocumentsIsToldWhereTheRowsThatHeMayLookAtEnd) {
  const auto scope = fill({"b", "gone1", "gone2", "a", "z"});  // a, b, gone1, gone2, z
  const auto reader = place.reader();
  const auto view = reader->view();
  std::string ids;
  const auto each = [&](Change&& change) {
    ids += change.id;
    return true;
  };
  EXPECT_EQ(view->documents(scope, "", 1, each), "a");
  EXPECT_EQ(view->documents(scope, "", 3, each), "gone1");
  EXPECT_EQ(view->documents(scope, "b", 1, each), "gone1") << "a tombstone is a row, too";
  EXPECT_EQ(view->documents(scope, "", 4, each), "gone2");
  EXPECT_EQ(ids, "aabab");
  EXPECT_EQ(view->documents(scope, "", 5, each), std::nullopt) << "there is nothing behind the last";
  EXPECT_EQ(view->documents(scope, "z", 1, each), std::nullopt);
}

TEST_F(StoreRequestsTest, ReplicasSayHowFarTheyHaveCome) {
  const auto scope = fill({"a", "b"});
  store->begin();
  store->save_replica_n({"alice", "b3c1a2b4c3d4e5f6", scope}, 5);
  store->save_seen({"bob", "c3c1a2b4c3d4e5f6", scope}, 1, 3000);
  store->commit();
  std::vector<ReplicaRecord> found;
  const auto reader = place.reader();
  const auto keep = [&](ReplicaRecord&& replica) {
    found.push_back(std::move(replica));
    return true;
  };
  reader->view()->replicas("chat/1", keep);
  EXPECT_EQ(found, (std::vector<ReplicaRecord>{{"chat/1", "bob", "c3c1a2b4c3d4e5f6", 0, 1, 3000, 2},
                                               {"chat/1", "alice", "b3c1a2b4c3d4e5f6", 5, 0, 0, 2}}));
  found.clear();
  reader->view()->replicas("chat/2", keep);
  EXPECT_TRUE(found.empty());
  reader->view()->replicas("", keep);
  EXPECT_EQ(found.size(), 2U);
}

}  // namespace
}  // namespace msync
