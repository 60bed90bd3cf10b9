// Members as the plugin is told them: all that a store has, and what a delta changes.
#include "bridge/members.h"

#include <algorithm>

#include "tests/unit/store_place.h"

namespace msync {
namespace {

std::string file(const std::string& topic, const std::string& access) {
  return R"({"type":"object","x-sync":{"topic":")" + topic + R"(","access":[)" + access + "]}}";
}

class MembersTest : public ::testing::Test {
 protected:
  /// The entity comes to be, or becomes a tombstone, as the scope's next change.
  void write(const std::string& scope, const std::string& id, bool present = true,
             const std::string& collection = "members") {
    store->begin();
    put(scope, id, present, collection);
    store->commit();
  }
  void put(const std::string& topic, const std::string& id, bool present, const std::string& collection) {
    ScopeRow scope = store->scope(topic, collection);
    scope.seq += 1;
    Entity entity = sample_entity(scope.seq);
    entity.deleted = !present;
    store->save(scope.id, id, entity, at_ms);
    store->save(scope);
  }

  std::vector<MembersMessage> all(const MemberCollections& collections = {"members"}) {
    AllMembers members(*reader, collections);
    std::vector<MembersMessage> messages;
    while (auto message = members.next()) messages.push_back(std::move(*message));
    return messages;
  }

  std::unique_ptr<Store> store = *open_store("sqlite::memory:members", 1000);
  std::unique_ptr<StoreReader> reader = *open_reader("sqlite::memory:members");
};

TEST_F(MembersTest, AnEmptyStoreIsOneMessageThatSaysSo) {
  EXPECT_EQ(all(), (std::vector{MembersMessage{true, true, {}}}));
  EXPECT_EQ(all({}), (std::vector{MembersMessage{true, true, {}}}));
}

TEST_F(MembersTest, TheLivingEntitiesOfNamedCollectionsAreMembers) {
  write("chat/42/members", "alice");
  write("chat/42/members", "bob");
  write("chat/42/members", "bob", false);
  write("chat/7/members", "eve");
  write("chat/42/messages", "m1", true, "messages");
  const auto messages = all();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].first && messages[0].last);
  auto members = messages[0].members;
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.scope < b.scope; });
  EXPECT_EQ(members, (std::vector<Member>{{"chat/42/members", "alice"}, {"chat/7/members", "eve"}}));
}

TEST_F(MembersTest, ManyAreSeveralMessagesOfABoundedSize) {
  store->begin();
  for (std::size_t i = 0; i < limits::members_per_message + 1; ++i)
    put("chat/42/members", "user" + std::to_string(i), true, "members");
  put("chat/7/members", "eve", true, "members");
  store->commit();
  const auto messages = all();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(messages[0].first && !messages[0].last);
  EXPECT_TRUE(!messages[1].first && messages[1].last);
  EXPECT_EQ(messages[0].members.size(), limits::members_per_message);
  std::set<std::string> users;
  for (const auto& message : messages)
    for (const Member& member : message.members) users.insert(member.scope + member.user);
  EXPECT_EQ(users.size(), limits::members_per_message + 2);
}

TEST_F(MembersTest, WhatChangesWhileAllIsReadIsReadOrLeftToItsDelta) {
  store->begin();
  for (std::size_t i = 0; i < 2 * limits::members_per_message; ++i)
    put("chat/42/members", "user" + std::to_string(i), true, "members");
  store->commit();
  AllMembers members(*reader, {"members"});
  std::set<std::string> told;
  while (auto message = members.next()) {
    for (const Member& member : message->members) told.insert(member.user);
    if (message->first) {
      write("chat/42/members", "user0");  // said already
      write("chat/42/members", "user1999", false);
    }
  }
  EXPECT_EQ(told.size(), 2 * limits::members_per_message - 1);
  EXPECT_FALSE(told.contains("user1999"));
}

TEST_F(MembersTest, ADeltaSaysWhoCameAndWhoWent) {
  Delta delta;
  delta.scope = "chat/42/members";
  EXPECT_TRUE(member_changes(delta).empty());
  delta.changes.resize(2);
  delta.changes[0].id = "alice";
  delta.changes[1].id = "bob";
  delta.changes[1].deleted = true;
  EXPECT_EQ(member_changes(delta),
            (std::vector{MembersMessage{
                false, false, {{"chat/42/members", "alice", true}, {"chat/42/members", "bob", false}}}}));
  delta.changes.resize(limits::members_per_message + 1);
  EXPECT_EQ(member_changes(delta).size(), 2U);
}

TEST_F(MembersTest, CollectionsThatSomeGrantNamesHaveMembers) {
  const std::string grant = R"({"allow":["read"],"member_of":"chat/{room}/members/{user}"})";
  const auto loaded =
      Collections::load({{"members.json", file("chat/{room}/members", R"({"allow":["write"]})")},
                         {"messages.json", file("chat/{room}/messages", grant)}});
  ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
  EXPECT_EQ(member_collections(loaded.collections), MemberCollections{"members"});
}

}  // namespace
}  // namespace msync
