#include "tests/system/support/pair_writer.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bridge/store/sqlite_db.h"

namespace msync::test {
namespace {

Entity entity_at(std::uint64_t seq, const std::string& text) {
  Entity entity;
  entity.version = entity.edited = 1;
  entity.seq = seq;
  entity.data = Json{{"text", text}};
  return entity;
}

ReplicaKey key_in(const ScopeRow& scope) {
  return {"alice", "b3c1a2b4c3d4e5f6", scope.id};
}

bool due(int commits, int every) {
  return every > 0 && commits % every == 0;
}

void write_pairs(const PairWriter& writer) {
  std::unique_ptr<Store> store;
  for (int done = 0, tries = 0; done < writer.commits && tries < writer.commits + 200; ++tries) try {
      if (!store) store = *open_store("sqlite:" + writer.file, 1);
      std::printf("acked %llu\n", static_cast<unsigned long long>(commit_pair(*store)));
      std::fflush(stdout);
      ++done;
      if (due(done, writer.checkpoint_every))
        sqlite::Connection(writer.file, sqlite::Connection::Mode::write)
            .run("PRAGMA wal_checkpoint(PASSIVE)");
      if (due(done, writer.reopen_every)) store.reset();
    } catch (const StoreError& error) {
      std::printf("error %d %s\n", static_cast<int>(error.kind), error.what());
      std::fflush(stdout);
      store.reset();
    }
}

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

TEST(PairWriter, DISABLED_Writes) {
  write_pairs({std::getenv("MSYNC_TEST_STORE"), number_in("MSYNC_TEST_COMMITS"),
               number_in("MSYNC_TEST_CHECKPOINT"), number_in("MSYNC_TEST_REOPEN")});
}

}  // namespace

std::uint64_t commit_pair(Store& store, const std::string& text) {
  store.begin();
  ScopeRow scope = store.scope(pair_topic, "chat");
  for (int i = 0; i < 2; ++i) {
    scope.seq += 1;
    store.save(scope.id, "m" + std::to_string(scope.seq), entity_at(scope.seq, text), 1);
  }
  store.save(scope);
  store.save_replica_n(key_in(scope), scope.seq / 2);
  store.commit();
  return scope.seq;
}

std::uint64_t whole_head(const std::string& file) {
  const auto store = *open_store("sqlite:" + file, 1);
  store->begin();
  const ScopeRow scope = store->scope(pair_topic, "chat");
  EXPECT_EQ(scope.seq % 2, 0u) << "half a transaction";
  EXPECT_EQ(store->replica_n(key_in(scope)), scope.seq / 2);
  store->commit();
  const auto reader = *open_reader("sqlite:" + file);
  std::uint64_t last = 0;
  reader->view()->changes(scope.id, 0, UINT64_MAX, [&](Change&& change) {
    EXPECT_EQ(change.seq, ++last);
    EXPECT_EQ(change.id, "m" + std::to_string(last));
    return true;
  });
  EXPECT_EQ(last, scope.seq);
  return scope.seq;
}

std::vector<std::string> command_of(const PairWriter& writer) {
  return {"env",
          "MSYNC_TEST_STORE=" + writer.file,
          "MSYNC_TEST_COMMITS=" + std::to_string(writer.commits),
          "MSYNC_TEST_CHECKPOINT=" + std::to_string(writer.checkpoint_every),
          "MSYNC_TEST_REOPEN=" + std::to_string(writer.reopen_every),
          std::filesystem::read_symlink("/proc/self/exe").string(),
          "--gtest_also_run_disabled_tests",
          "--gtest_filter=PairWriter.*"};
}

}  // namespace msync::test
