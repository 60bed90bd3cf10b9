// The native library's core: a server or a device that is not what it was, and a server that breaks the protocol.
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientEpoch : ClientWorld {
  /// m1 is written, acknowledged and confirmed as number 1.
  std::string confirmed_write() {
    opened();
    const std::string key = put("m1", {{"a", 1}});
    Json mine = change("m1", 1, {{"a", 1}});
    mine.update(Json{{"by", "alice"}, {"src", src()}, {"n", 1}});
    live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {mine}}});
    ack({{"n", 1},
         {"head", 1},
         {"results", {{{"n", 1}, {"status", "applied"}, {"changes", Json::array()}}}}});
    pass(4'000);
    return key;
  }
  /// The documents are there, and none of our numbers is known.
  void page_of_a_lost_tail() {
    page({{"from", 1},
          {"to", 1},
          {"head", 1},
          {"last", true},
          {"n", 0},
          {"changes", Json::array()},
          {"now", 9000}});
  }
};

TEST_F(ClientEpoch, AfterARestoreTheLostIsToldAndTheUnsentIsKeptUnderAnotherName) {
  const std::string lost = confirmed_write();
  const std::string unsent = put("m2", {{"a", 2}});
  const std::string before = src();
  client->disconnected();
  online("2000-b");
  EXPECT_EQ(pull()["src"], before);
  Json all = snapshot({change("m9", 3, {{"a", 9}})}, 3);
  all["epoch"] = "2000-b";
  page(all);
  EXPECT_EQ(problems(), std::vector<std::string>{lost + " lost"});
  EXPECT_NE(src(), before);
  EXPECT_EQ(view("m1"), Json());
  EXPECT_EQ(view("m2"), Json({{"a", 2}}));
  EXPECT_EQ(said("in")["src"], src());
  EXPECT_EQ(said("in")["n"], 1);
  EXPECT_EQ(said("in")["mutations"][0]["base"], 0);
  EXPECT_EQ(outcome(unsent), "");
}

TEST_F(ClientEpoch, ALowerEpochIsNoNews) {
  confirmed_write();
  online("500-z");
  EXPECT_FALSE(state().moving);
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
}

TEST_F(ClientEpoch, ADeviceRestoredFromABackupTakesAnotherName) {
  put("m1", {{"a", 1}});
  const std::string before = src();
  online();
  page(snapshot({}, 0, 7));  // the server knows number 7 of this name
  EXPECT_NE(src(), before);
  EXPECT_EQ(said("in")["src"], src());
  EXPECT_EQ(said("in")["n"], 1);
}

TEST_F(ClientEpoch, AServerThatLostItsTailGetsNoopsForWhatIsMissing) {
  const std::string lost = confirmed_write();
  const std::string before = src();
  restart();
  online();
  page_of_a_lost_tail();
  EXPECT_EQ(src(), before);
  EXPECT_EQ(said("in")["n"], 1);
  EXPECT_EQ(said("in")["mutations"][0], Json({{"op", "noop"}}));
  EXPECT_EQ(problems(), std::vector<std::string>{lost + " lost"});
}

TEST_F(ClientEpoch, APageThatWasReadBeforeTheAckWasMadeLosesNothing) {
  opened();
  live({{"from", 3}, {"to", 4}, {"head", 4}, {"changes", Json::array()}});  // a gap
  pass(2'000);
  put("m1", {{"a", 1}});
  ack({{"n", 1},
       {"head", 5},
       {"now", 6000},
       {"results", {{{"n", 1}, {"status", "applied"}, {"changes", Json::array()}}}}});
  page({{"from", 0},
        {"to", 4},
        {"head", 4},
        {"last", true},
        {"n", 0},
        {"changes", Json::array()},
        {"now", 6001}});
  EXPECT_EQ(problems(), std::vector<std::string>{});
  EXPECT_EQ(state().acked_n, 1u);
}

TEST_F(ClientEpoch, ManyLostNumbersCostANewNameAndAreToldAllTheSame) {
  const std::string lost = confirmed_write();
  const std::string before = src();
  replica().state.last_n = replica().state.acked_n = 20'001;
  client->find(scope)->want_pull(true);
  pass(1'000);
  page_of_a_lost_tail();
  EXPECT_NE(src(), before);
  EXPECT_EQ(problems(), std::vector<std::string>{lost + " lost"});
}

TEST_F(ClientEpoch, AHeadBelowOursIsPulledUnlessItIsAnOldWord) {
  opened();
  live({{"from", 0}, {"to", 2}, {"head", 2}, {"now", 6000}, {"changes", {change("m1", 2, {{"a", 1}})}}});
  const auto pulls = [this] { return count("pull"); };
  const std::size_t before = pulls();
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"now", 5900}, {"changes", Json::array()}});
  pass(5'000);
  EXPECT_EQ(pulls(), before) << "it was on its way when the newer one was said";
  live({{"from", 1}, {"to", 1}, {"head", 1}, {"now", 7000}, {"changes", Json::array()}});
  pass(2'000);
  EXPECT_EQ(pulls(), before + 1);
  EXPECT_EQ(pull()["since"], 2);
}

TEST_F(ClientEpoch, AServerOfAnotherProtocolIsToldAndNothingIsSent) {
  opened();
  hear("sync/status", R"({"state":"online","protocol":2})");
  EXPECT_TRUE(client->unsupported());
  EXPECT_EQ(errors(), std::vector<std::string>{"protocol_version"});
  put("m1", {{"a", 1}});
  pass(60'000);
  EXPECT_EQ(count("in"), 0u);
  EXPECT_EQ(replica().outbox().waiting(), 1u);
  online();
  EXPECT_EQ(count("in"), 1u);
}

TEST_F(ClientEpoch, WhatBreaksTheProtocolIsToldAndChangesNothing) {
  opened();
  put("m1", {{"a", 1}});
  const std::string log = std::string(scope) + "/log", mine = "sync/alice:phone/";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {log, "no JSON"},
      {log, R"({"epoch":"1000-a","scope":"chat/42/messages","from":9,"to":1,"head":9,"now":1,"changes":[]})"},
      {log, R"({"epoch":"1000-a","scope":"another","from":0,"to":0,"head":0,"now":1,"changes":[]})"},
      {log, std::string("\x78\x9c no zlib", 10)},
      {mine + "ack/" + scope, "[1,2]"},
      {mine + "ack/" + scope, R"({"epoch":"1000-a","scope":"chat/42/messages","src":"x","now":1})"},
      {mine + "delta/" + scope, R"({"rid":7})"},
      {mine + "delta/" + scope,
       R"({"reset":true,"epoch":"9-z","scope":"chat/42/messages","from":1,"to":1,"head":1,"now":1,"changes":[]})"},
      {mine + "notice", R"({"code":1})"},
      {"sync/status", R"({"protocol":1,"state":"asleep"})"},
  };
  for (const auto& [topic, payload] : bad) {
    events.clear();
    hear(topic, payload);
    EXPECT_EQ(errors(), std::vector<std::string>{"bad_message"}) << topic << " " << payload;
  }
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  EXPECT_EQ(replica().outbox().waiting(), 1u);
  EXPECT_EQ(state().epoch, epoch);
}

TEST_F(ClientEpoch, TopicsThatMeanNothingAreLeftAlone) {
  opened();
  for (const char* topic :
       {"", "/", "sync/", "sync/bob:phone/notice", "sync/alice:phone/", "sync/alice:phone/what/ever",
        "live/x", "chat/42/messages/doc/m1", "chat/43/messages/log"})
    hear(topic, "{");
  EXPECT_TRUE(errors().empty());
}

TEST_F(ClientEpoch, SilenceThatTheServerAsksForIsKept) {
  opened();
  notice({{"code", "quota"}, {"message", "slow down"}, {"retry_after_ms", 5'000}});
  put("m1", {{"a", 1}});
  pass(4'000);
  EXPECT_EQ(count("in"), 0u);
  pass(1'500);
  EXPECT_EQ(count("in"), 1u);
}

}  // namespace
}  // namespace msync::client::test
