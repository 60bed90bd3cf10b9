// Stores in memory: for simulations, which open thousands.
#include "bridge/store/store.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

constexpr const char* address = "sqlite::memory:a.simulation-1_x";

std::unique_ptr<Store> open(const char* which = address) {
  return *open_store(which, 1);
}

/// A committed store with m1 in it; the scope's id.
std::int64_t fill(Store& store) {
  store.begin();
  ScopeRow scope = store.scope("chat/42/messages", "chat");
  store.save(scope.id, "m1", sample_entity(1), at_ms);
  scope.seq = 1;
  store.save(scope);
  store.commit();
  return scope.id;
}

TEST(StoreMemoryTest, WithoutANameItIsItsOpenersAlone) {
  const auto store = open("sqlite::memory:");
  const auto scope = fill(*store);
  EXPECT_EQ(store->entity(scope, "m1"), sample_entity(1));
  EXPECT_FALSE(open_reader("sqlite::memory:").ok());
  EXPECT_FALSE(std::filesystem::exists(":memory:.lock"));
}

TEST(StoreMemoryTest, AReaderSeesWhatWasCommitted) {
  const auto store = open();
  const auto reader = *open_reader(address);
  const auto scope = fill(*store);
  EXPECT_EQ(changes_of(*reader->view(), scope, 0, 10).size(), 1u);
  store->begin();
  store->save(scope, "m2", sample_entity(2), at_ms);
  store->commit();
  EXPECT_EQ(changes_of(*reader->view(), scope, 0, 10).size(), 2u);
  EXPECT_FALSE(std::filesystem::exists("a.simulation-1_x"));
  EXPECT_FALSE(std::filesystem::exists("/a.simulation-1_x"));
}

TEST(StoreMemoryTest, ACrashedStoreIsFoundAgainWhileAReaderHoldsIt) {
  auto store = open();
  const auto first = store->identity();
  const auto reader = *open_reader(address);
  const auto scope = fill(*store);
  store->begin();
  store->save(scope, "m2", sample_entity(2), at_ms);
  store.reset();  // in the middle of a transaction
  store = open();
  EXPECT_EQ(store->identity().epoch, first.epoch);
  EXPECT_EQ(store->identity().boot, first.boot + 1);
  EXPECT_EQ(store->entity(scope, "m1"), sample_entity(1));
  EXPECT_EQ(store->entity(scope, "m2"), std::nullopt);
}

TEST(StoreMemoryTest, ItEndsWithItsLastConnection) {
  auto store = open();
  auto reader = *open_reader(address);
  const auto scope = fill(*store);
  store.reset();
  EXPECT_EQ(changes_of(*reader->view(), scope, 0, 10).size(), 1u);
  reader.reset();
  EXPECT_EQ(open()->identity().boot, 1u);
}

TEST(StoreMemoryTest, NamesDoNotMeet) {
  const auto one = open();
  fill(*one);
  const auto other = open("sqlite::memory:other");
  EXPECT_EQ(other->scope("chat/42/messages", "chat").seq, 0u);
  EXPECT_NE(one->identity().epoch, other->identity().epoch);
}

TEST(StoreMemoryTest, AReaderWithoutAStoreIsRefused) {
  const auto error = store_error([] { *open_reader("sqlite::memory:nobody"); });
  EXPECT_NE(std::string(error.what()).find("no store yet"), std::string::npos) << error.what();
}

TEST(StoreMemoryTest, ANameIsPlain) {
  for (const char* bad : {"sqlite::memory:a/b", "sqlite::memory:?x=1", "sqlite::memory:a b"})
    EXPECT_FALSE(open_store(bad, 1).ok()) << bad;
}

}  // namespace
}  // namespace msync
