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
