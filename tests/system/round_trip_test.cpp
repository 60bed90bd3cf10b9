// The main job: a write goes through broker, plugin, bridge and store, and back to every reader.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

using RoundTrip = World;

TEST_F(RoundTrip, AWriteIsAcknowledgedStoredAndDeliveredToEveryReader) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  const auto n = a.writes("m1", {{"text", "hi"}});
  const auto landed = result(a, n);
  EXPECT_EQ(landed.status, Status::applied);
  ASSERT_EQ(landed.changes.size(), 1u);
  EXPECT_EQ(landed.changes[0], (Landing{"m1", 1, 1}));
  ASSERT_TRUE(eventually([&] { return b.version("m1") == 1; }));
  EXPECT_EQ(b.holds("m1"), Json({{"text", "hi"}}));
  settle();
  EXPECT_EQ(dump(a), server());
  EXPECT_EQ(dump(b), server());
}

TEST_F(RoundTrip, WritersWhoWereOfflineConvergeWithEverybody) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  a.writes("shared", {{"text", "first"}});
  settle();
  ASSERT_TRUE(eventually([&] { return b.version("shared") == 1; }));
  a.goes_offline();
  b.goes_offline();
  a.writes("shared", {{"text", "from a"}});
  a.writes("only-a", {{"text", "a"}});
  b.writes("shared", {{"text", "from b"}});
  b.deletes("shared");
  b.writes("only-b", {{"text", "b"}});
  a.goes_online();
  b.goes_online();
  settle();
  EXPECT_TRUE(eventually([&] { return dump(a) == server() && dump(b) == server(); }));
  EXPECT_EQ(dump(a), dump(b));
  EXPECT_EQ(a.holds("only-b"), Json({{"text", "b"}}));
  EXPECT_EQ(b.holds("only-a"), Json({{"text", "a"}}));
}

TEST_F(RoundTrip, IncrementsOfManyPhonesAllCount) {
  phone("alice:a").writes("m1", {{"text", "hi"}, {"likes", 0}});
  settle();
  for (int i = 0; i < 20; ++i) {
    for (const char* id : {"alice:a", "alice:b", "bob:c"}) {
      phone(id).mutates(alone(patch("m1", {{"likes", {{"$inc", 1}}}})));
    }
  }
  settle();
  EXPECT_TRUE(eventually([&] { return phone("bob:c").version("m1") == 61; }));
  EXPECT_EQ(phone("bob:c").holds("m1")["likes"], 60);
  EXPECT_EQ(dump(phone("alice:a")), server());
}

TEST_F(RoundTrip, ARepeatedNumberIsAnsweredFromTheStoreAndNotAppliedAgain) {
  auto& a = phone("alice:a");
  const Json like = {{"op", "patch"}, {"id", "m1"}, {"data", {{"likes", {{"$inc", 1}}}}}};
  const Json bad = {{"op", "put"}, {"id", "m2"}, {"data", {{"no", "text"}}}};
  a.writes("m1", {{"text", "hi"}, {"likes", 0}});
  settle();
  const Json message = {{"epoch", a.status().epoch}, {"src", a.src()}, {"n", 2}, {"mutations", {like, bad}}};
  for (std::size_t acks = 2; acks <= 4; ++acks) {
    EXPECT_TRUE(a.sends(a.scope() + "/in", to_text(message)).ok);
    ASSERT_TRUE(eventually([&] { return a.acks().size() == acks; }));
  }
  const Ack& first = a.acks()[1];
  EXPECT_FALSE(first.results.at(0).duplicate);
  EXPECT_EQ(first.results.at(0).status, Status::applied);
  EXPECT_EQ(first.results.at(1).status, Status::rejected);
  for (std::size_t repeat : {2, 3}) {
    const Ack& ack = a.acks()[repeat];
    EXPECT_EQ(ack.n, 3u);
    ASSERT_EQ(ack.results.size(), 2u);
    EXPECT_TRUE(ack.results[0].duplicate);
    EXPECT_TRUE(ack.results[1].duplicate);
    EXPECT_EQ(ack.results[0].status, Status::processed) << "applied outcomes are not kept";
    EXPECT_EQ(ack.results[1].status, Status::rejected);
    EXPECT_EQ(ack.results[1].error, first.results[1].error);
  }
  ASSERT_TRUE(eventually([&] { return a.version("m1") == 2; }));
  EXPECT_EQ(a.holds("m1")["likes"], 1);
  EXPECT_EQ(dump(a), server());
}

TEST_F(RoundTrip, ANumberAboveTheNextIsAGapAndNothingIsProcessed) {
  auto& a = phone("alice:a");
  const Json put = {{"op", "put"}, {"id", "m1"}, {"data", {{"text", "too early"}}}};
  const Json message = {{"epoch", a.status().epoch}, {"src", a.src()}, {"n", 5}, {"mutations", {put}}};
  EXPECT_TRUE(a.sends(a.scope() + "/in", to_text(message)).ok);
  ASSERT_TRUE(eventually([&] { return !a.acks().empty(); }));
  EXPECT_TRUE(a.acks()[0].gap);
  EXPECT_EQ(a.acks()[0].n, 0u);
  EXPECT_TRUE(a.acks()[0].results.empty());
  EXPECT_EQ(server(), "");
}

TEST_F(RoundTrip, AWriterWithoutReadLearnsItsNumberFromTheGapOfAHugeNoop) {
  auto& a = phone("alice:a");
  a.mutates_all({alone(put("m1", {{"text", "1"}}, 0)), alone(put("m2", {{"text", "2"}}, 0))});
  settle();
  const Json noop = {{"op", "noop"}};
  const Json message = {
      {"epoch", a.status().epoch}, {"src", a.src()}, {"n", limits::integer_max}, {"mutations", {noop}}};
  EXPECT_TRUE(a.sends(a.scope() + "/in", to_text(message)).ok);
  ASSERT_TRUE(eventually([&] { return a.acks().back().gap; }));
  EXPECT_EQ(a.acks().back().n, 2u);
}

TEST_F(RoundTrip, AnotherEpochIsStaleAndNothingIsProcessed) {
  auto& a = phone("alice:a");
  const Json put = {{"op", "put"}, {"id", "m1"}, {"data", {{"text", "of another life"}}}};
  const Json message = {{"epoch", "1600000000000-abcdef"}, {"src", a.src()}, {"n", 1}, {"mutations", {put}}};
  EXPECT_TRUE(a.sends(a.scope() + "/in", to_text(message)).ok);
  ASSERT_TRUE(eventually([&] { return !a.acks().empty(); }));
  EXPECT_TRUE(a.acks()[0].stale);
  EXPECT_EQ(a.acks()[0].epoch, a.status().epoch);
  EXPECT_EQ(server(), "");
}

TEST_F(RoundTrip, AGroupIsStoredWholeOrNotAtAll) {
  auto& a = phone("alice:a");
  const auto good = a.mutates(together({put("m1", {{"text", "1"}}, 0), put("m2", {{"text", "2"}}, 0)}));
  EXPECT_EQ(outcome(a, good), "applied");
  const auto bad =
      a.mutates(together({put("m3", {{"text", "3"}}, 0), remove("m1", 1), put("m4", {{"text", 4}}, 0)}));
  const auto refused = result(a, bad);
  EXPECT_EQ(refused.status, Status::rejected);
  EXPECT_EQ(refused.op, 2u);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->path, "/text");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 2u);
  EXPECT_EQ(a.version("m1"), 1u);
  EXPECT_EQ(dump(a), server());
}

TEST_F(RoundTrip, ABadMutationFailsAloneAndUsesItsNumber) {
  auto& a = phone("alice:a");
  const auto write = [](const char* id, const Json& text) {
    return Json({{"op", "put"}, {"id", id}, {"data", {{"text", text}}}});
  };
  const Json message = {
      {"epoch", a.status().epoch},
      {"src", a.src()},
      {"n", 1},
      {"mutations", {write("m1", "1"), write("m2", 2), write("a/b", "3"), write("m4", "4")}}};
  a.sends(a.scope() + "/in", to_text(message));
  ASSERT_TRUE(eventually([&] { return a.acknowledged(4); }));
  EXPECT_EQ(outcome(a, 1), "applied");
  EXPECT_EQ(result(a, 2).error->code, Code::invalid);
  EXPECT_EQ(result(a, 2).error->path, "/text");
  EXPECT_EQ(result(a, 3).error->code, Code::bad_id);
  EXPECT_EQ(outcome(a, 4), "applied");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 2u);
}

TEST_F(RoundTrip, AnUnnumberedWriteIsStoredAndNotAcknowledged) {
  auto& b = phone("bob:b");
  const auto done = run(client("mosquitto_pub", "alice:sensor",
                               {"-q", "1", "-t", "chat/42/messages/in", "-m",
                                R"({"mutations":[{"op":"put","id":"s1","data":{"text":"21 degrees"}}]})"}));
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_TRUE(eventually([&] { return b.version("s1") == 1; }));
  EXPECT_EQ(b.holds("s1")["text"], "21 degrees");
}

TEST_F(RoundTrip, APhoneThatSpeaksCborIsUnderstoodAndAnsweredInCbor) {
  auto& a = new_phone("alice:a", {.accept = {"cbor"}, .cbor = true});
  ASSERT_TRUE(eventually([&] { return a.settled(); }));
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "hällo"}, {"likes", 3}})), "applied");
  auto& b = new_phone("bob:b", {.accept = {"cbor"}, .cbor = true});
  ASSERT_TRUE(eventually([&] { return b.settled() && b.version("m1") == 1; }));
  b.pulls(b.scope());
  ASSERT_TRUE(eventually([&] { return !b.pages().empty(); }));
  bool cbor = false;
  for (const auto& message : b.received()) {
    if (message.topic.find("/delta/") != std::string::npos)
      cbor |= format_of(message.payload) == Format::cbor;
  }
  EXPECT_TRUE(cbor);
  EXPECT_EQ(dump(b), server());
}

}  // namespace
}  // namespace msync::test
