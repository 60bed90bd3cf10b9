// The native library's core: what becomes of writes.
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientOutbox : ClientWorld {
  /// The ack of mutation n that made a change.
  void applied(std::uint64_t n, const std::string& id, int version, int seq) {
    ack({{"n", n},
         {"head", seq},
         {"results",
          {{{"n", n},
            {"status", "applied"},
            {"changes", {{{"id", id}, {"version", version}, {"seq", seq}}}}}}}});
  }
  /// The live delta of an own mutation.
  void logged(std::uint64_t n, const std::string& id, int version, int seq, const Json& data) {
    Json mine = change(id, seq, data, version);
    mine.update(Json{{"by", "alice"}, {"src", src()}, {"n", n}});
    live({{"from", seq - 1}, {"to", seq}, {"head", seq}, {"changes", {mine}}});
  }
};

TEST_F(ClientOutbox, AWriteIsInTheViewAndStoredBeforeItIsNumbered) {
  const std::string key = put("m1", {{"a", 1}});
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  EXPECT_EQ(count("in"), 0u) << "no number before the pull that opens the database";
  restart();
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  opened();
  ASSERT_EQ(count("in"), 1u);
  EXPECT_EQ(said("in")["n"], 1);
  EXPECT_EQ(said("in")["epoch"], epoch);
  EXPECT_EQ(outcome(key), "");
}

TEST_F(ClientOutbox, ItStaysOnTopUntilTheLogHasIt) {
  opened();
  const std::string key = put("m1", {{"a", 1}});
  applied(1, "m1", 1, 1);
  EXPECT_EQ(outcome(key), "") << "the view does not show it as confirmed yet";
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  logged(1, "m1", 1, 1, {{"a", 1}});
  EXPECT_EQ(outcome(key), "applied");
  EXPECT_FALSE(replica().view("m1")->pending);
  EXPECT_EQ(replica().outbox().waiting(), 0u);
}

TEST_F(ClientOutbox, ALogThatIsAheadOfItsAckDoesNotCountTwice) {
  opened();
  put("m1", {{"likes", 0}});
  write({{{"op", "patch"}, {"id", "m1"}, {"data", {{"likes", {{"$inc", 1}}}}}}});
  EXPECT_EQ(view("m1"), Json({{"likes", 1}}));
  logged(1, "m1", 1, 1, {{"likes", 0}});
  logged(2, "m1", 2, 2, {{"likes", 1}});
  EXPECT_EQ(view("m1"), Json({{"likes", 1}}));
}

TEST_F(ClientOutbox, WithoutAnAckItIsSentAgainAfterTenSeconds) {
  opened();
  put("m1", {{"a", 1}});
  pass(9'000);
  EXPECT_EQ(count("in"), 1u);
  pass(1'500);
  ASSERT_EQ(count("in"), 2u);
  EXPECT_EQ(said("in")["n"], 1);
  pass(11'000);
  EXPECT_EQ(count("in"), 2u) << "the pause has doubled";
}

TEST_F(ClientOutbox, AGapIsAnsweredByWhatIsMissing) {
  opened();
  for (int i = 0; i < 3; ++i) put("m" + std::to_string(i), {{"a", i}});
  pass(1'000);
  ack({{"n", 1}, {"gap", true}});
  EXPECT_EQ(said("in")["n"], 2);
  EXPECT_EQ(said("in")["mutations"].size(), 2u);
  EXPECT_EQ(state().acked_n, 1u);
}

TEST_F(ClientOutbox, ManyAreSentTogetherAndNoMoreThanTheWindow) {
  for (int i = 0; i < 1'300; ++i) put("m" + std::to_string(i), {{"a", i}});
  opened();
  EXPECT_EQ(count("in"), bounds::unacked / bounds::batch);
  EXPECT_EQ(said("in")["n"], 751);
  EXPECT_EQ(said("in")["mutations"].size(), bounds::batch);
  ack({{"n", 250}, {"head", 0}, {"results", Json::array()}});
  EXPECT_EQ(count("in"), 5u);
  EXPECT_EQ(said("in")["n"], 1'001);
}

TEST_F(ClientOutbox, NoMoreBytesAreUnderWayThanAreWorthSendingAgain) {
  const std::string text(60'000, 'x');
  for (int i = 0; i < 12; ++i) put("m" + std::to_string(i), {{"a", text}});
  opened();
  EXPECT_EQ(count("in"), 2u) << "four that fill a message, and the fifth is the last that is begun";
  EXPECT_EQ(said("in")["n"], 5);
  EXPECT_EQ(said("in")["mutations"].size(), 1u);
  ack({{"n", 4}, {"head", 0}, {"results", Json::array()}});
  EXPECT_EQ(said("in")["n"], 6);
  EXPECT_EQ(said("in")["mutations"].size(), 4u);
}

TEST_F(ClientOutbox, AWriteAfterARestartComesAfterThoseBefore) {
  put("m1", {{"a", 1}});
  put("m1", {{"a", 2}});
  const std::int64_t last = state().last_ts;
  restart();
  EXPECT_EQ(state().last_ts, last);
  put("m1", {{"a", 3}});
  EXPECT_EQ(view("m1"), Json({{"a", 3}}));
  EXPECT_GT(state().last_ts, last);
  EXPECT_EQ(replica().outbox().waiting(), 3u);
}

TEST_F(ClientOutbox, WhatWasNotStoredAsMeantIsAProblemOverRestarts) {
  opened();
  const std::string key = put("m1", {{"a", 1}});
  ack({{"n", 1},
       {"head", 0},
       {"results",
        {{{"n", 1},
          {"status", "rejected"},
          {"id", "m1"},
          {"error", {{"code", "invalid"}, {"message", "no"}, {"path", "/a"}}}}}}});
  EXPECT_EQ(outcome(key), "rejected");
  EXPECT_EQ(view("m1"), Json());
  restart();
  EXPECT_EQ(problems(), std::vector<std::string>{key + " rejected"});
  const auto problem = replica().reports().drop_problem(key);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->error.path, "/a");
  EXPECT_EQ(*problem->meant[0].data, R"({"a":1})");
}

TEST_F(ClientOutbox, AGroupGoesAsOne) {
  opened();
  write({{{"op", "put"}, {"id", "m1"}, {"data", {{"a", 1}}}}, {{"op", "delete"}, {"id", "m2"}}});
  const Json mutation = said("in")["mutations"][0];
  ASSERT_TRUE(mutation.is_array());
  EXPECT_EQ(mutation[0]["op"], "put");
  EXPECT_EQ(mutation[1]["op"], "delete");
}

TEST_F(ClientOutbox, ItsTimeIsLaterThanWhatItSawAndThanItsLast) {
  opened();
  wall = 50;
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {change("m1", 1, {{"a", 1}})}}});  // ts 101
  put("m1", {{"a", 2}});
  EXPECT_EQ(said("in")["mutations"][0]["ts"], 102);
  EXPECT_EQ(said("in")["mutations"][0]["base"], 1);
  put("m2", {{"a", 3}});
  EXPECT_EQ(said("in")["mutations"][0]["ts"], 103);
}

TEST_F(ClientOutbox, OfMessagesThatAreRefusedTheCulpritIsFound) {
  opened();
  const std::string good = put("m1", {{"a", 1}});
  const std::string bad = put("m2", {{"a", 2}});
  const std::string topic = std::string(scope) + "/in";
  notice({{"code", "malformed"}, {"message", "no"}, {"topic", topic}, {"src", src()}});
  EXPECT_EQ(said("in")["mutations"].size(), 1u) << "now one by one";
  applied(1, "m1", 1, 1);
  notice({{"code", "malformed"}, {"message", "no"}, {"topic", topic}, {"src", src()}});
  EXPECT_EQ(said("in")["n"], 2);
  EXPECT_EQ(said("in")["mutations"][0]["op"], "noop");
  EXPECT_EQ(problems(), std::vector<std::string>{bad + " rejected"});
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  EXPECT_EQ(outcome(good), "");
}

TEST_F(ClientOutbox, WhatIsDeniedWaitsForGrants) {
  opened();
  put("m1", {{"a", 1}});
  notice({{"code", "denied"}, {"message", "no"}, {"topic", std::string(scope) + "/in"}});
  pass(120'000);
  EXPECT_EQ(count("in"), 1u);
  EXPECT_EQ(replica().outbox().waiting(), 1u);
  client->granted(now);
  step();
  EXPECT_EQ(count("in"), 2u);
}

TEST_F(ClientOutbox, WhoMayNotReadAsksForItsNumbersByAGap) {
  restart(false);
  online();
  pass(1);
  EXPECT_EQ(count("pull"), 0u);
  EXPECT_EQ(said("in")["n"], limits::integer_max);
  put("m1", {{"a", 1}});
  ack({{"n", 0}, {"gap", true}});
  EXPECT_EQ(said("in")["n"], 1);
  applied(1, "m1", 1, 1);
  EXPECT_EQ(outcome("key1"), "applied");
}

}  // namespace
}  // namespace msync::client::test
