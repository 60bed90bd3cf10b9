// Every promise that a store's rows make, broken once: verify must tell.
#include "bridge/store/verify.h"

#include <algorithm>
#include <fstream>

#include "bridge_fixture.h"
#include "tests/unit/store_place.h"

using namespace msync;

namespace {

class VerifyTest : public BridgeFixture {
 protected:
  /// A scope at 4: "a" alive in version 2, "b" a tombstone, and an outcome for number 5.
  VerifyTest() {
    send(src_a, 1, R"([{"op":"put","id":"a","base":0,"data":{"text":"x"}},
                       {"op":"put","id":"b","base":0,"data":{"text":"x"}},
                       {"op":"patch","id":"a","base":1,"data":{"text":"y"}},
                       {"op":"delete","id":"b","base":1},
                       {"op":"put","id":"c","base":7,"data":{"text":"x"}}])");
  }

  std::vector<std::string> findings(const Collections* schemas = nullptr) {
    std::vector<std::string> all;
    const Verified done =
        verify_store(address, schemas, [&](const std::string& finding) { all.push_back(finding); });
    EXPECT_EQ(done.findings, all.size());
    return all;
  }

  void run_sql(const std::string& sql) {
    sqlite::Connection db(address.substr(7), sqlite::Connection::Mode::write);
    db.run(sql.c_str());
  }

  /// Changes "a" past the rules, its checksum right.
  void change(const std::function<void(Entity&)>& how) {
    store->begin();
    const ScopeRow scope = store->scope("notes/1", "notes");
    Entity entity = *store->entity(scope.id, "a");
    how(entity);
    store->save(scope.id, "a", entity, 1);
    store->commit();
  }

  void expect_one(const std::string& words) {
    const auto found = findings();
    const bool told = std::any_of(found.begin(), found.end(), [&](const std::string& finding) {
      return finding.find(words) != std::string::npos;
    });
    EXPECT_TRUE(told) << "no finding says: " << words << "; of " << found.size()
                      << (found.empty() ? "" : ", such as " + found[0]);
  }
};

TEST_F(VerifyTest, ASoundStoreHasNoFindings) {
  EXPECT_EQ(findings(collections.get()), std::vector<std::string>{});
  const Verified done = verify_store(address, nullptr, [](const std::string&) {});
  EXPECT_EQ(done.scopes, 1u);
  EXPECT_EQ(done.entities, 2u);
}

TEST_F(VerifyTest, ASoundStoreInMemoryHasNoneEither) {
  const auto memory = *open_store("sqlite::memory:verify", 1);
  EXPECT_EQ(verify_store("sqlite::memory:verify", nullptr, [](const std::string&) {}).findings, 0u);
}

TEST_F(VerifyTest, AChangedDocumentIsTold) {
  run_sql(R"(UPDATE entity SET data = '{"text":"z"}' WHERE id = 'a')");
  const auto found = findings();
  ASSERT_EQ(found.size(), 3u) << "the row, and with it the scope's count and digest";
  EXPECT_NE(found[0].find("checksum"), std::string::npos) << found[0];
}

TEST_F(VerifyTest, NumbersPastTheirBoundsAreTold) {
  change([](Entity& entity) { entity.seq = 9; });
  expect_one("seq 9 is above the head 4");
  change([](Entity& entity) { entity.seq = 3, entity.version = 4; });
  expect_one("its version 4 is above its seq 3");
  change([](Entity& entity) { entity.version = 2, entity.edited = 3; });
  expect_one("edited in version 3 of 2");
  change([](Entity& entity) { entity.edited = 2, entity.property_clock["text"] = {3, {1, "s"}}; });
  expect_one("property \"text\" has changed in version 3 of 2");
}

TEST_F(VerifyTest, AScopeThatMiscountsIsTold) {
  run_sql("UPDATE scope SET count = 2");
  expect_one("it counts 2 documents and holds 1");
  run_sql("UPDATE scope SET count = 1, digest = digest + 1");
  expect_one("its digest is");
  EXPECT_EQ(findings().size(), 1u);
}

TEST_F(VerifyTest, ABootOfTheFutureIsTold) {
  run_sql("UPDATE scope SET boot = 2");
  expect_one("changed under boot 2, after the store's 1");
}

TEST_F(VerifyTest, AHorizonAboveTheHeadIsTold) {
  run_sql("UPDATE scope SET horizon = 5");
  expect_one("horizon 5 is above its head 4");
}

TEST_F(VerifyTest, TombstonesAndTheirRowsMustMatch) {
  run_sql("UPDATE tombstone SET seq = 3");
  expect_one("\"b\" has no tombstone row at 4");
  expect_one("the tombstone row at 3 has no deleted entity");
  run_sql("UPDATE tombstone SET seq = 4; UPDATE scope SET horizon = 4");
  expect_one("the tombstone at 4 should be gone");
}

TEST_F(VerifyTest, WhatIsAboveTheHeadIsTold) {
  run_sql("INSERT INTO published VALUES ('main', 1, 5)");
  expect_one("published up to 5, above its head 4");
  run_sql("UPDATE replica SET seen = 5");
  expect_one("has seen 5, above the head 4");
}

TEST_F(VerifyTest, OutcomesAboveTheLastNumberAreTold) {
  run_sql("UPDATE replica SET n = 4");
  expect_one("has an outcome for 5, above its last number 4");
  run_sql("DELETE FROM replica");
  expect_one("above its last number 0");
}

TEST_F(VerifyTest, OutcomesThatCannotBeReadAreTold) {
  run_sql("UPDATE outcome SET result = 'x'");
  expect_one("an outcome of replica");
}

TEST_F(VerifyTest, RowsOfAScopeThatIsGoneAreTold) {
  run_sql("PRAGMA foreign_keys = OFF; UPDATE outcome SET scope = 7");
  expect_one("names no row of scope");
}

TEST_F(VerifyTest, ADocumentThatDoesNotFitItsSchemaIsToldIfItIsGiven) {
  change([](Entity& entity) { entity.data = Json{{"text", 7}}; });
  EXPECT_EQ(findings().size(), 0u);
  const auto found = findings(collections.get());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("\"a\": does not fit the schema of notes at \"/text\""), std::string::npos)
      << found[0];
}

TEST_F(VerifyTest, DamagedRecordsAreToldEachByItself) {
  store->begin();
  const auto scope = store->scope("notes/1", "notes").id;
  for (const char* id : {"r1", "r2", "r3"}) {
    store->save_conflict(scope, {"", id, 5, R"({"user":"bob"})"});
    store->save_history(scope, {"", static_cast<std::uint64_t>(id[1] - '0'), id, 1, "put", 1, 1, "alice", "",
                                0, std::nullopt, R"({"text":"x"})"});
  }
  store->commit();
  EXPECT_EQ(findings().size(), 0u);
  EXPECT_EQ(verify_store(address, nullptr, [](const std::string&) {}).records, 7u) << "and c's conflict";
  run_sql(R"(UPDATE conflict SET record = '{"user":"eve"}' WHERE id IN ('r1', 'r3'))");
  run_sql(R"(UPDATE history SET after = '{"text":"y"}' WHERE id = 'r2')");
  EXPECT_EQ(findings().size(), 3u);
  expect_one("the record of a conflict of entity \"r1\" in scope \"notes/1\" is damaged");
  expect_one("the record of a conflict of entity \"r3\"");
  expect_one("history of entity \"r2\" in scope \"notes/1\" is damaged");
}

TEST_F(VerifyTest, DamagedPagesAreTold) {
  for (int i = 6; i < 200; ++i)
    send(src_a, i, R"([{"op":"put","id":")" + std::to_string(i) + R"(","base":0,"data":{"text":"x"}}])");
  committer.reset();
  store.reset();
  reader.reset();
  std::fstream file(address.substr(7), std::ios::in | std::ios::out | std::ios::binary);
  const auto pages = std::filesystem::file_size(address.substr(7)) / 4096;
  for (const auto page : {pages / 2, pages - 1}) {
    file.seekp(static_cast<std::streamoff>(page * 4096));
    file << std::string(64, '\xff');
  }
  file.close();
  EXPECT_GT(findings().size(), 0u);
}

}  // namespace
