#include "plugin/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>

#include "plugin/hot_rights.h"

namespace msync {
namespace {

Identity user(const std::string& name) {
  Identity who;
  who.user = name;
  return who;
}

TEST(Sessions, TheOldestDisconnectedGoWhenTheTableIsFull) {
  Sessions sessions({}, {.offline_per_user = 100, .offline = 3});
  int clients[5];
  for (int i = 0; i < 5; ++i) {
    const std::string id = "u" + std::to_string(i) + ":d";
    sessions.open(&clients[i], id, user("u" + std::to_string(i)));
    sessions.close(&clients[i], id);
  }
  EXPECT_EQ(sessions.size(), 3u);
  EXPECT_EQ(sessions.find("u1:d"), nullptr);
  EXPECT_NE(sessions.find("u2:d"), nullptr);
  EXPECT_EQ(sessions.find(&clients[0], "u0:d", "u0"), nullptr);
}

TEST(Sessions, OneUsersDisconnectedSessionsDoNotPushOutOthers) {
  Sessions sessions({}, {.offline_per_user = 2, .offline = 100});
  int clients[6];
  for (int i = 0; i < 6; ++i) {
    const std::string name = i == 0 ? "bob" : "alice";
    const std::string id = name + ":" + std::to_string(i);
    sessions.open(&clients[i], id, user(name));
    sessions.close(&clients[i], id);
  }
  EXPECT_EQ(sessions.size(), 3u);
  EXPECT_NE(sessions.find("bob:0"), nullptr);
  EXPECT_EQ(sessions.find("alice:3"), nullptr);
  EXPECT_NE(sessions.find("alice:4"), nullptr);
  EXPECT_NE(sessions.find("alice:5"), nullptr);
}

TEST(Sessions, AReturningClientLeavesNoSecondEntry) {
  Sessions sessions({}, {});
  int clients[100];
  for (int& client : clients) {
    sessions.open(&client, "a:d", user("a"));
    sessions.close(&client, "a:d");
  }
  EXPECT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.online_beside("a", "a:other"), 0u);
}

TEST(ClientTable, FindsWhatWasSetWhateverCameAndWent) {
  ClientTable<int> table;
  std::vector<int> values(500);
  std::vector<bool> in(values.size());
  std::deque<char> clients(values.size() * 16);
  std::mt19937 dice(7);
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = dice() % values.size();
    if (dice() % 2 == 0) {
      table.set(&clients[i * 16], &values[i]);
      in[i] = true;
    } else {
      table.erase(&clients[i * 16]);
      in[i] = false;
    }
    const std::size_t j = dice() % values.size();
    ASSERT_EQ(table.find(&clients[j * 16]), in[j] ? &values[j] : nullptr) << "step " << step;
  }
  EXPECT_EQ(table.size(), static_cast<std::size_t>(std::count(in.begin(), in.end(), true)));
}

TEST(Sessions, APointerHasOneSession) {
  Sessions sessions({}, {});
  int client;
  sessions.open(&client, "a:d", user("a"));
  sessions.open(&client, "b:d", user("b"));
  EXPECT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.find("a:d"), nullptr);
  EXPECT_EQ(sessions.online_beside("a", "a:other"), 0u);
}

TEST(Sessions, WakeUpsComeInTheirOrderOnceAndNotForThoseThatAreGone) {
  Sessions sessions({}, {});
  int a, b, c;
  sessions.wake(sessions.open(&a, "a:d", user("a")), 30);
  sessions.wake(sessions.open(&b, "b:d", user("b")), 10);
  sessions.wake(sessions.open(&c, "c:d", user("c")), 20);
  sessions.forget(&c);
  EXPECT_EQ(sessions.due(5), nullptr);
  Session* first = sessions.due(100);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->id, "b:d");
  EXPECT_EQ(sessions.due(100)->id, "a:d");
  EXPECT_EQ(sessions.due(100), nullptr);
}

TEST(HotRights, RemembersEachSessionInEachScope) {
  HotRights rights;
  const auto one = rights.new_number(2), other = rights.new_number(2);
  EXPECT_FALSE(rights.find(7, one));
  rights.keep(7, one, 3);
  rights.keep(7, other, 0);
  rights.keep(8, one, 1);
  EXPECT_EQ(rights.find(7, one), std::optional<std::uint8_t>(3));
  EXPECT_EQ(rights.find(7, other), std::optional<std::uint8_t>(0));
  EXPECT_EQ(rights.find(8, one), std::optional<std::uint8_t>(1));
  EXPECT_FALSE(rights.find(8, other));
  rights.keep(7, one, 1);
  EXPECT_EQ(rights.find(7, one), std::optional<std::uint8_t>(1));
}

TEST(HotRights, AnotherScopeInTheSamePlaceStartsEmpty) {
  HotRights rights;
  const auto one = rights.new_number(1), other = rights.new_number(1);
  rights.keep(7, one, 3);
  rights.keep(7 + limits::hot_scopes, other, 2);
  EXPECT_FALSE(rights.find(7, one));
  EXPECT_FALSE(rights.find(7 + limits::hot_scopes, one));
  EXPECT_EQ(rights.find(7 + limits::hot_scopes, other), std::optional<std::uint8_t>(2));
}

TEST(HotRights, ANumberIsNeverGivenTwiceInAGeneration) {
  HotRights rights;
  std::set<std::pair<std::uint32_t, std::uint32_t>> given;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t number = rights.new_number(3000);
    EXPECT_TRUE(given.insert({rights.generation(), number}).second);
    EXPECT_FALSE(rights.find(1, number));
    rights.keep(1, number, 1);
  }
  EXPECT_LT(rights.generation(), 20U);
}

}  // namespace
}  // namespace msync
