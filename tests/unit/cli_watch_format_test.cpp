#include "cli/watch_format.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace msync {
namespace {

struct Told {
  Told() {
    change.id = "m1";
    change.seq = 131;
    change.version = 8;
    change.ts = 1795232472123;
    change.by = "alice";
    change.data = *after.data;
  }
  client::ConfirmedChange event() const {
    return {"s", change, before, deleted ? std::nullopt : std::optional(after), snapshot};
  }
  Change change;
  client::Confirmed after{8, 131, 1795232472123, "alice", 0, client::make_text(R"({"text":"hi"})")};
  client::Confirmed old;
  std::optional<client::Confirmed> before;
  bool deleted = false;
  bool snapshot = false;
};

TEST(WatchFormat, ALineSaysWhatAPersonAsksFirst) {
  Told told;
  told.before = told.old;
  EXPECT_EQ(change_line(told.event(), 0), R"(    131  v8    put     m1           alice      {"text":"hi"})");
}

TEST(WatchFormat, NamesTheOperation) {
  Told told;
  EXPECT_STREQ(operation_of(told.event()), "create");
  told.before = told.old;
  EXPECT_STREQ(operation_of(told.event()), "put");
  told.change.base = 7;
  EXPECT_STREQ(operation_of(told.event()), "patch");
  told.snapshot = true;
  EXPECT_STREQ(operation_of(told.event()), "have");
  told.deleted = true;
  EXPECT_STREQ(operation_of(told.event()), "gone");
  told.snapshot = false;
  told.change.deleted = true;
  EXPECT_STREQ(operation_of(told.event()), "delete");
}

TEST(WatchFormat, APatchShowsThePatchAndJsonTheDocument) {
  Told told;
  told.before = told.old;
  told.change.base = 7;
  told.change.patch = R"({"likes":4})";
  EXPECT_NE(change_line(told.event(), 0).find(R"({"likes":4})"), std::string::npos);
  EXPECT_EQ(Json::parse(change_json(told.event())),
            Json::parse(R"({"scope":"s","seq":131,"version":8,"op":"patch","id":"m1","ts":1795232472123,
                            "by":"alice","data":{"text":"hi"}})"));
}

TEST(WatchFormat, ADeletionHasNoData) {
  Told told;
  told.deleted = told.change.deleted = true;
  told.before = told.old;
  EXPECT_EQ(change_line(told.event(), 0), "    131  v8    delete  m1           alice");
  EXPECT_FALSE(Json::parse(change_json(told.event())).contains("data"));
}

TEST(WatchFormat, CutsBetweenCharacters) {
  EXPECT_EQ(for_terminal("abc", 3), "abc");
  EXPECT_EQ(for_terminal("abcd", 3), "ab…");
  EXPECT_EQ(for_terminal("äöüß", 3), "äö…");
  EXPECT_EQ(for_terminal("äöü", 3), "äöü");
  EXPECT_EQ(for_terminal("a😀b", 2), "a…");
  EXPECT_EQ(for_terminal(std::string(1000, 'x'), 0).size(), 1000u);
}

TEST(WatchFormat, LetsNobodyMoveTheCursorOfWhoLooks) {
  EXPECT_EQ(for_terminal("a\x1b[2Jb", 0), "a\\u001b[2Jb");
  EXPECT_EQ(for_terminal("a\x7f", 0), "a\\u007f");
  EXPECT_EQ(for_terminal("a\xc2\x9b"
                         "2Jb",
                         0),
            "a\\u009b2Jb");
  EXPECT_EQ(for_terminal("a\xc2\xa0z", 0), "a\xc2\xa0z");
}

}  // namespace
}  // namespace msync
