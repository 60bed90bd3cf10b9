// What operators read: the conflicts of real phones, as the command shows them beside a running bridge.
#include <sysexits.h>

#include "core/json.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

using Records = World;

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

TEST_F(Records, TwoPhonesThatWroteOfflineAreShownWithWhatBothWrote) {
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  alice.writes("m1", {{"text", "start"}});
  settle();
  ASSERT_TRUE(eventually([&] { return bob.version("m1") == 1; }));
  alice.goes_offline();
  bob.goes_offline();
  const auto first = alice.writes("m1", {{"text", "alice's"}});
  ASSERT_TRUE(test::eventually([later = now_ms() + 2] { return now_ms() >= later; }));
  const auto second = bob.writes("m1", {{"text", "bob's, later"}});
  bob.goes_online();
  EXPECT_EQ(outcome(bob, second), "applied");
  alice.goes_online();
  const MutationResult lost = result(alice, first);
  EXPECT_EQ(lost.status, Status::superseded);
  ASSERT_TRUE(lost.error);
  EXPECT_EQ(lost.error->message, "version 2 stands, which is newer");

  const auto shown = run({program, "conflicts", "--store", bridge.store()});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("chat/42/messages  m1\n  base    v1\n  mine    put by alice (src " + alice.src()),
            std::string::npos)
      << shown.out;
  EXPECT_NE(shown.out.find("theirs  v2 by bob (src " + bob.src()), std::string::npos) << shown.out;

  const auto lines = json_lines(run({program, "conflicts", "--store", bridge.store(), "--scope",
                                     "chat/42/messages", "--id", "m1", "--since", "1h", "--json"})
                                    .out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["winner"], "theirs");
  EXPECT_EQ(lines[0]["mine"]["data"], Json::parse(R"({"text":"alice's"})"));
  EXPECT_EQ(lines[0]["theirs"]["data"], Json::parse(R"({"text":"bob's, later"})"));
}

TEST_F(Records, WhoWinsByTheClockIsShownWithWhatItOverwrote) {
  auto& alice = phone("alice:a");
  auto& bob = phone("bob:b");
  alice.writes("m1", {{"text", "start"}});
  settle();
  ASSERT_TRUE(eventually([&] { return bob.version("m1") == 1; }));
  bob.goes_offline();
  alice.writes("m1", {{"text", "alice's"}});
  settle();
  const auto n = bob.writes("m1", {{"text", "bob's, later"}});
  bob.goes_online();
  EXPECT_EQ(outcome(bob, n), "applied");
  const auto lines = json_lines(run({program, "conflicts", "--store", bridge.store(), "--json"}).out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["winner"], "mine");
  EXPECT_EQ(lines[0]["theirs"]["data"], Json::parse(R"({"text":"alice's"})"));
}

/// A collection of its own that keeps history, instead of the example ones.
struct History : World {
  void SetUp() override {
    write_file(folder / "notes.json",
               R"({"type":"object","properties":{"n":{"type":"integer","x-merge":"counter"}},
      "x-sync":{"topic":"notes/{x}","history":"30d","access":[{"allow":["read","write"]}]}})");
    broker.options().schemas = folder.path();
    bridge.schemas() = folder.path();
    World::SetUp();
  }

  Phone& phone_of_notes(const std::string& id) { return new_phone(id, {.scopes = {"notes/1"}}); }

  std::vector<Json> history(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{program, "export", "--store", bridge.store(), "--history"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto done = run(arguments);
    EXPECT_EQ(done.code, 0) << done.err;
    return json_lines(done.out);
  }

  TempDir folder;
};

TEST_F(History, ExportPrintsWhatWasDoneInItsOrder) {
  auto& alice = phone_of_notes("alice:a");
  auto& bob = phone_of_notes("bob:b");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "one"}})), "applied");
  ASSERT_TRUE(eventually([&] { return bob.version("m1") == 1; }));
  EXPECT_EQ(outcome(bob, bob.patches("m1", {{"n", {{"$inc", 2}}}})), "applied");
  ASSERT_TRUE(eventually([&] { return alice.version("m1") == 2; }));
  EXPECT_EQ(outcome(alice, alice.writes("m2", {{"text", "other"}})), "applied");
  EXPECT_EQ(outcome(alice, alice.deletes("m1")), "applied");

  std::vector<Json> lines = history();
  for (Json& line : lines) {
    EXPECT_LE(line["ts"].get<std::int64_t>(), line["at"].get<std::int64_t>() + 5) << line;
    line.erase("at");
    line.erase("ts");
  }
  const auto line = [&](std::uint64_t seq, const char* id, std::uint64_t version, const char* op, Phone& by,
                        std::uint64_t n, const char* before, const char* after) {
    return Json{{"scope", "notes/1"},
                {"seq", seq},
                {"id", id},
                {"version", version},
                {"op", op},
                {"src", by.src()},
                {"n", n},
                {"before", Json::parse(before)},
                {"user", by.id().substr(0, by.id().find(':'))},
                {"after", Json::parse(after)}};
  };
  EXPECT_EQ(Json(lines),
            Json({line(1, "m1", 1, "put", alice, 1, "null", R"({"text":"one"})"),
                  line(2, "m1", 2, "patch", bob, 1, R"({"text":"one"})", R"({"n":2,"text":"one"})"),
                  line(3, "m2", 1, "put", alice, 2, "null", R"({"text":"other"})"),
                  line(4, "m1", 3, "delete", alice, 3, R"({"n":2,"text":"one"})", "null")}));
  EXPECT_EQ(history({"--scope", "notes/1", "--id", "m2"}).size(), 1U);
}

TEST_F(History, AKilledBridgeLeavesOneRowForEachChange) {
  auto& alice = phone_of_notes("alice:a");
  const int count = 200;
  for (int i = 0; i < count; ++i) {
    alice.writes("m" + std::to_string(i % 7), {{"i", i}});
    if (i % 40 == 20) {
      alice.pump();
      bridge.kill();
      bridge.start();
    }
  }
  settle(60'000);
  const auto lines = history();
  ASSERT_EQ(lines.size(), alice.replica().seq());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i]["seq"], i + 1);
  for (const auto& [id, document] : alice.replica().documents()) {
    const auto of_it = history({"--id", id});
    EXPECT_EQ(of_it.back()["after"], document.data);
    EXPECT_EQ(of_it.back()["version"], document.version);
  }
}

TEST_F(Records, AnUnknownScopeIsSaidToBeOne) {
  EXPECT_EQ(run({program, "conflicts", "--store", bridge.store(), "--scope", "chat/1/messages"}).code,
            EX_DATAERR);
  EXPECT_EQ(run({program, "conflicts", "--store", bridge.store(), "--since", "yesterday"}).code, EX_USAGE);
  const auto none = run({program, "conflicts", "--store", bridge.store()});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "");
}

}  // namespace
}  // namespace msync::test
