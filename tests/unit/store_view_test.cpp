#include "bridge/store/store.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

class StoreViewTest : public testing::Test {
 protected:
  ScopeRow filled(const std::string& topic, std::uint64_t entities) {
    store->begin();
    ScopeRow scope = store->scope(topic, "chat");
    for (std::uint64_t seq = 1; seq <= entities; ++seq)
      store->save(scope.id, "m" + std::to_string(seq), sample_entity(seq), at_ms);
    scope.seq = entities;
    scope.count = entities;
    store->save(scope);
    store->commit();
    return scope;
  }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
  std::unique_ptr<StoreReader> reader = place.reader();
};

std::vector<std::uint64_t> seqs(const std::vector<Change>& changes) {
  std::vector<std::uint64_t> all;
  for (const auto& change : changes) all.push_back(change.seq);
  return all;
}

TEST_F(StoreViewTest, AChangeCarriesTheTextAsStoredAndItsWriter) {
  const auto scope = filled("chat/42/messages", 1);
  const auto view = reader->view();
  const auto changes = changes_of(*view, scope.id, 0, 1);
  ASSERT_EQ(changes.size(), 1u);
  const Entity entity = sample_entity(1);
  EXPECT_EQ(changes[0].id, "m1");
  EXPECT_EQ(changes[0].seq, 1u);
  EXPECT_EQ(changes[0].version, 1u);
  EXPECT_EQ(changes[0].ts, entity.ts);
  EXPECT_EQ(changes[0].by, entity.by);
  EXPECT_EQ(changes[0].src, entity.by_src);
  EXPECT_EQ(changes[0].n, entity.by_n);
  EXPECT_FALSE(changes[0].deleted);
  EXPECT_EQ(changes[0].data, to_text(entity.data));
}

TEST_F(StoreViewTest, ATombstoneIsAChangeWithoutData) {
  const auto scope = filled("chat/42/messages", 2);
  store->begin();
  Entity tombstone = sample_entity(3, 2);
  tombstone.deleted = true;
  tombstone.data = nullptr;
  store->save(scope.id, "m1", tombstone, at_ms);
  store->commit();
  const auto view = reader->view();
  const auto changes = changes_of(*view, scope.id, 0, 3);
  EXPECT_EQ(seqs(changes), (std::vector<std::uint64_t>{2, 3})) << "an entity stands once, at its newest seq";
  EXPECT_TRUE(changes.back().deleted);
  EXPECT_EQ(changes.back().data, "");
}

TEST_F(StoreViewTest, ChangesAreThoseAfterFromUpToTo) {
  const auto scope = filled("chat/42/messages", 10);
  filled("chat/43/messages", 3);
  const auto view = reader->view();
  EXPECT_EQ(seqs(changes_of(*view, scope.id, 3, 6)), (std::vector<std::uint64_t>{4, 5, 6}));
  EXPECT_EQ(seqs(changes_of(*view, scope.id, 0, UINT64_MAX)).size(), 10u);
  EXPECT_TRUE(changes_of(*view, scope.id, 10, 10).empty());
  EXPECT_TRUE(changes_of(*view, scope.id, UINT64_MAX, UINT64_MAX).empty());
  EXPECT_TRUE(changes_of(*view, scope.id + 100, 0, 10).empty());
}

TEST_F(StoreViewTest, ReadingStopsWhenToldAndCanStartAgain) {
  const auto scope = filled("chat/42/messages", 10);
  const auto view = reader->view();
  int calls = 0;
  view->changes(scope.id, 0, 10, [&](Change&&) { return ++calls < 4; });
  EXPECT_EQ(calls, 4);
  EXPECT_THROW(view->changes(scope.id, 0, 10, [](Change&&) -> bool { throw std::runtime_error("full"); }),
               std::runtime_error);
  EXPECT_EQ(changes_of(*view, scope.id, 0, 10).size(), 10u);
}

TEST_F(StoreViewTest, AViewStaysWhileTheWriterGoesOn) {
  const auto scope = filled("chat/42/messages", 3);
  {
    const auto view = reader->view();
    EXPECT_EQ(view->scope(scope.topic)->seq, 3u);
    filled("chat/42/messages", 5);
    EXPECT_EQ(view->scope(scope.topic)->seq, 3u);
    EXPECT_EQ(changes_of(*view, scope.id, 0, 100).size(), 3u);
  }
  const auto view = reader->view();
  EXPECT_EQ(view->scope(scope.topic)->seq, 5u);
  EXPECT_EQ(changes_of(*view, scope.id, 0, 100).size(), 5u);
}

TEST_F(StoreViewTest, WhatIsNotCommittedIsNotSeen) {
  const auto scope = filled("chat/42/messages", 1);
  store->begin();
  store->save(scope.id, "m2", sample_entity(2), at_ms);
  const auto view = reader->view();
  EXPECT_EQ(changes_of(*view, scope.id, 0, 100).size(), 1u);
}

TEST_F(StoreViewTest, AReaderHasOneViewAtATime) {
  const auto view = reader->view();
  EXPECT_EQ(store_error([&] { reader->view(); }).kind, StoreError::Kind::other);
}

TEST_F(StoreViewTest, ScopesAreFoundByTopicAndById) {
  const auto scope = filled("chat/42/messages", 2);
  const auto view = reader->view();
  ASSERT_TRUE(view->scope("chat/42/messages"));
  EXPECT_EQ(view->scope("chat/42/messages")->id, scope.id);
  ASSERT_TRUE(view->scope(scope.id));
  EXPECT_EQ(view->scope(scope.id)->topic, "chat/42/messages");
  EXPECT_EQ(view->scope(scope.id)->count, 2u);
  EXPECT_FALSE(view->scope("chat/43/messages"));
  EXPECT_FALSE(view->scope(scope.id + 1));
}

TEST_F(StoreViewTest, AScopeIsOfTheBootUnderWhichItChangedLast) {
  const auto topics = [&](std::uint64_t boot) {
    std::string all;
    for (const ScopeRow& row : reader->view()->scopes_since(boot)) all += row.topic + " ";
    return all;
  };
  const auto change = [&](const char* topic, bool seq_moves) {
    store->begin();
    ScopeRow scope = store->scope(topic, "chat");
    scope.seq += seq_moves ? 1 : 0;
    scope.count += 1;
    store->save(scope);
    store->commit();
  };
  const std::uint64_t first = store->identity().boot;
  change("one", true);
  change("two", true);
  EXPECT_EQ(store->raise_boot(), first + 1);
  EXPECT_EQ(store->identity().boot, first + 1);
  EXPECT_EQ(topics(first + 1), "");
  change("two", true);
  change("one", false);
  EXPECT_EQ(topics(first + 1), "two ") << "a purge, say, moves no head";
  EXPECT_NE(topics(first).find("one"), std::string::npos);
  store.reset();
  store = place.open();
  EXPECT_EQ(store->identity().boot, first + 2) << "it was stored";
}

TEST_F(StoreViewTest, AllScopesComeByTopic) {
  filled("b/x", 1);
  filled("a/x", 1);
  filled("c/x", 1);
  std::string topics;
  for (const auto& scope : reader->view()->scopes()) topics += scope.topic + " ";
  EXPECT_EQ(topics, "a/x b/x c/x ");
}

TEST_F(StoreViewTest, UnpublishedAreTheScopesWhoseHeadIsPastTheirCursor) {
  const auto whole = filled("chat/1/messages", 3);
  const auto half = filled("chat/2/messages", 3);
  const auto none = filled("chat/3/messages", 3);
  filled("chat/4/messages", 0);  // has nothing to publish
  store->begin();
  store->save_published(whole.id, 3);
  store->save_published(half.id, 2);
  store->commit();
  const auto behind = reader->view()->unpublished();
  ASSERT_EQ(behind.size(), 2u);
  EXPECT_EQ(behind[0].scope.id, half.id);
  EXPECT_EQ(behind[0].published, 2u);
  EXPECT_EQ(behind[1].scope.id, none.id);
  EXPECT_EQ(behind[1].published, 0u);
}

TEST_F(StoreViewTest, OutcomesPastWhatWasAckedComeInOrder) {
  const auto scope = filled("chat/42/messages", 0);
  store->begin();
  for (const std::uint64_t n : {2, 3, 10, 200}) {
    MutationResult result;
    result.n = n;
    result.status = Status::rejected;
    result.error = Error{Code::invalid, "no", "/text"};
    store->save_outcome(key_of(scope.id), result);
  }
  store->save_replica_n(key_of(scope.id), 201);
  store->commit();
  const auto view = reader->view();
  EXPECT_EQ(view->replica_n(key_of(scope.id)), 201u);
  EXPECT_EQ(view->replica_n({"bob", key_of(scope.id).src, scope.id}), 0u);
  std::string ns;
  for (const auto& result : view->outcomes(key_of(scope.id), 2)) ns += std::to_string(result.n) + " ";
  EXPECT_EQ(ns, "3 10 200 ");
  EXPECT_TRUE(view->outcomes({"bob", key_of(scope.id).src, scope.id}, 0).empty());
}

TEST_F(StoreViewTest, AReaderWorksAfterTheBridgeHasEnded) {
  const auto scope = filled("chat/42/messages", 3);
  store.reset();
  EXPECT_EQ(changes_of(*reader->view(), scope.id, 0, 100).size(), 3u);
  reader.reset();
  reader = place.reader();
  EXPECT_EQ(changes_of(*reader->view(), scope.id, 0, 100).size(), 3u);
}

}  // namespace
}  // namespace msync
