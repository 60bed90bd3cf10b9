// A bridge without a broker: committer and pulls on a real store in a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "bridge/committer.h"
#include "bridge/pull_answer.h"

namespace msync {

class BridgeFixture : public ::testing::Test {
 protected:
  static constexpr const char* src_a = "aaaaaaaaaaaaaaaa";
  static constexpr const char* src_b = "bbbbbbbbbbbbbbbb";

  BridgeFixture() {
    auto loaded = Collections::load({{"notes.json", schema}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    collections = std::make_shared<const Collections>(std::move(loaded.collections));
    folder = std::filesystem::temp_directory_path() /
             ("msync-" + std::to_string(::getpid()) + "-" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
    address = "sqlite:" + (folder / "sync.db").string();
    reopen();
    reader = std::move(*open_reader(address));
  }
  ~BridgeFixture() override {
    committer.reset();
    store.reset();
    reader.reset();
    std::filesystem::remove_all(folder);
  }

  void reopen() {
    committer.reset();
    store.reset();
    store = std::move(*open_store(address, 1000));
    epoch = store->identity().epoch;
    committer = std::make_unique<Committer>(*store);
  }

  Inbound inbound(const std::string& client, const std::string& payload, Leaf leaf = Leaf::in,
                  const std::string& scope = "notes/1") const {
    Inbound message;
    message.leaf = leaf;
    message.topic = scope + "/" + to_string(leaf);
    message.scope = scope;
    message.collections = collections;
    message.collection = collections->find("notes");
    message.stamp = {client.substr(0, client.find(':')), client, at_ms};
    message.payload = payload;
    return message;
  }

  /// `mutations` is JSON; the epoch is the store's.
  std::string in(const char* src, std::uint64_t n, const std::string& mutations) const {
    return R"({"epoch":")" + epoch + R"(","src":")" + src + R"(","n":)" + std::to_string(n) +
           R"(,"mutations":)" + mutations + "}";
  }

  Committed commit(std::vector<Inbound> batch) { return committer->commit(batch, 2000, {}); }

  /// Sends one message of alice's and returns its ack.
  Ack send(const char* src, std::uint64_t n, const std::string& mutations,
           const std::string& client = "alice:phone") {
    const Committed done = commit({inbound(client, in(src, n, mutations))});
    EXPECT_EQ(done.replies.size(), 1U);
    EXPECT_EQ(done.replies.at(0).topic, "sync/" + client + "/ack/notes/1");
    auto ack = decode_ack(done.replies.at(0).payload);
    EXPECT_TRUE(ack.ok()) << done.replies.at(0).payload;
    return *ack;
  }

  /// All pages that answer this pull.
  std::vector<Delta> pull(Pull request, const std::string& user = "alice",
                          const std::string& scope = "notes/1") {
    PullAnswer answer(std::move(request), user, scope, epoch);
    std::vector<Delta> pages;
    while (auto page = answer.next(*reader, 3000)) {
      auto delta = decode_delta(*page);
      EXPECT_TRUE(delta.ok());
      pages.push_back(*delta);
    }
    return pages;
  }

  const char* schema = R"({"type":"object","required":["text"],"properties":{"text":{"type":"string"},
    "likes":{"type":"integer","maximum":5,"x-merge":"counter"}},
    "x-sync":{"topic":"notes/{x}","access":[{"allow":["read","write"]}]}})";
  std::shared_ptr<const Collections> collections;
  std::filesystem::path folder;
  std::string address;
  std::string epoch;
  std::unique_ptr<Store> store;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<StoreReader> reader;
  std::int64_t at_ms = 1000;
};

}  // namespace msync
