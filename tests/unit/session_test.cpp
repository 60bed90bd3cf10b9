#include "plugin/session.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

Identity user(const std::string& name) {
  Identity who;
  who.user = name;
  return who;
}

TEST(Sessions, TheOldestDisconnectedGoWhenTheTableIsFull) {
  Sessions sessions(100, 3);
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

TEST(Sessions, AReturningClientLeavesNoSecondEntry) {
  Sessions sessions(100);
  int clients[100];
  for (int& client : clients) {
    sessions.open(&client, "a:d", user("a"));
    sessions.close(&client, "a:d");
  }
  EXPECT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.online_beside("a", "a:other"), 0u);
}

TEST(Sessions, WakeUpsComeInTheirOrderOnceAndNotForThoseThatAreGone) {
  Sessions sessions(100);
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

}  // namespace
}  // namespace msync
