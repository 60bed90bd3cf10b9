// The native library's core: messages to the server, of which size, how many at once, and when again; and of a writer that
// does not read.
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientSending : ClientWorld {
  /// Opened, with other limits.
  void opened_with(const Json& limits) {
    connect();
    status("online", epoch, limits);
    page(snapshot({}, 0));
  }
  /// Written together, as a shell does with many steps.
  void put_many(int many, const Json& data = {{"a", 1}}, const std::string& name = "m") {
    for (int i = 0; i < many; ++i) {
      WriteOp op{Op::put, name + std::to_string(++ids), {}, 0, make_text(to_text(data))};
      replica().write("key" + std::to_string(++keys), {op}, false, wall);
    }
    client->find(scope)->send(now);
    step();
  }
  /// "n+count" of every message since the last time.
  std::vector<std::string> messages() {
    std::vector<std::string> all;
    for (; looked < sent.size(); ++looked) {
      if (sent[looked].topic != std::string(scope) + "/in") continue;
      const Json message = Json::parse(sent[looked].payload);
      all.push_back(message["n"].dump() + "+" + std::to_string(message["mutations"].size()));
    }
    return all;
  }
  /// Applied, each as the change of its own number.
  void acked(int from, int to) {
    Json results = Json::array();
    for (int n = from; n <= to; ++n) {
      const Json landing{{"id", "m" + std::to_string(n)}, {"version", 1}, {"seq", n}};
      results.push_back({{"n", n}, {"status", "applied"}, {"changes", {landing}}});
    }
    ack({{"n", to}, {"head", to}, {"results", results}});
  }
  void gap(int n) { ack({{"n", n}, {"gap", true}}); }

  std::size_t looked = 0;
  int ids = 0;
};

/// What `import` does: everything is pulled once, and from then on only acks are heard.
struct ClientWriter : ClientSending {
  void begin(const Json& limits = Json::object()) {
    opened_with(limits);
    client->find(scope)->stop_reading();
  }
  std::size_t settled() const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const Event& event) {
      return std::holds_alternative<Settled>(event);
    }));
  }
};

using Sent = std::vector<std::string>;

TEST_F(ClientSending, NumbersBeginAtOneAndMessagesAreFilled) {
  opened_with({{"max_mutations", 3}});
  put_many(7);
  EXPECT_EQ(messages(), (Sent{"1+3", "4+3", "7+1"}));
  pass(1);
  EXPECT_EQ(messages(), Sent{});
  put_many(1);
  EXPECT_EQ(messages(), Sent{"8+1"});
}

TEST_F(ClientSending, NoMessageIsLargerThanTheServerTakes) {
  opened_with({{"max_payload_bytes", 5000}});
  put_many(5, {{"a", std::string(1000, 'x')}});
  EXPECT_EQ(messages(), (Sent{"1+4", "5+1"}));
  put_many(60, Json::object(), std::string(60, '"') + std::string(60, '\\'));
  for (const Outgoing& each : sent) EXPECT_LE(each.payload.size(), 5000u);
}

TEST_F(ClientSending, WhatNoMessageCanHoldIsRejectedAndTheRestGoesOn) {
  opened_with({{"max_payload_bytes", 5000}});
  const std::string large = put("m1", {{"a", std::string(5000, 'x')}});
  EXPECT_EQ(outcome(large), "rejected");
  EXPECT_EQ(said("in")["mutations"][0]["op"], "noop");
  put_many(1);
  EXPECT_EQ(messages(), (Sent{"1+1", "2+1"}));
}

TEST_F(ClientSending, NoMoreIsUnderWayThanTheServerAllows) {
  opened_with({{"max_mutations", 5}, {"max_unacked", 10}});
  put_many(13);
  EXPECT_EQ(messages(), (Sent{"1+5", "6+5"}));
  acked(1, 2);
  EXPECT_EQ(messages(), Sent{"11+2"});
}

TEST_F(ClientSending, OnANewConnectionWhatHasNoAckIsSentAgain) {
  opened();
  put_many(2);
  client->disconnected();
  messages();
  online();
  EXPECT_EQ(messages().at(0), "1+2");
}

TEST_F(ClientSending, AfterAPartOfTheAcksOnlyTheRestIsSentAgain) {
  opened();
  put_many(2);
  acked(1, 1);
  messages();
  pass(10'500);
  EXPECT_EQ(messages(), Sent{"2+1"});
}

TEST_F(ClientSending, AGapIsAnsweredOnceHoweverOftenItIsReported) {
  opened_with({{"max_mutations", 2}});
  put_many(6);
  EXPECT_EQ(messages(), (Sent{"1+2", "3+2", "5+2"}));
  gap(0);
  gap(0);
  EXPECT_EQ(messages(), (Sent{"1+2", "3+2", "5+2"}));
  pass(500);
  gap(0);
  EXPECT_EQ(messages(), Sent{});
  pass(1'000);
  gap(2);
  EXPECT_EQ(messages(), (Sent{"3+2", "5+2"}));
}

TEST_F(ClientSending, WhatAQuotaRefusedIsSentAgainAfterTheSilence) {
  opened();
  put_many(2);
  messages();
  const Json quota{{"code", "quota"}, {"message", "slow down"}, {"retry_after_ms", 700}};
  Json elsewhere = quota;
  elsewhere["topic"] = "chat/43/messages/in";
  notice(elsewhere);
  pass(1'000);
  EXPECT_EQ(messages(), Sent{});
  Json here = quota;
  here["topic"] = std::string(scope) + "/in";
  notice(here);
  pass(600);
  EXPECT_EQ(messages(), Sent{});
  pass(200);
  EXPECT_EQ(messages(), Sent{"1+2"});
}

TEST_F(ClientSending, AcksOfOthersMeanNothing) {
  opened();
  put_many(1);
  messages();
  ack({{"src", "another-replica-16"}, {"n", 1}, {"stale", true}});
  pass(100);
  EXPECT_EQ(replica().outbox().waiting(), 1u);
  EXPECT_EQ(messages(), Sent{});
}

TEST_F(ClientWriter, AnAckAloneSettlesAWriteOnceAndTheOutboxEndsEmpty) {
  begin();
  put_many(4);
  acked(1, 2);
  acked(1, 2);
  EXPECT_EQ(settled(), 2u);
  acked(3, 4);
  EXPECT_EQ(settled(), 4u);
  EXPECT_TRUE(replica().outbox().entries().empty());
  messages();
  const std::size_t pulls = count("pull");
  pass(100'000);
  EXPECT_EQ(messages(), Sent{});
  EXPECT_EQ(count("pull"), pulls) << "nor does it ask for what the acks' heads tell of";
}

TEST_F(ClientWriter, ItWritesOnWhatItHasRead) {
  online();
  page(snapshot({change("m1", 1, {{"a", 1}}, 7)}, 1));
  client->find(scope)->stop_reading();
  put_many(2);
  EXPECT_EQ(said("in")["mutations"][0]["base"], 7);
  EXPECT_EQ(said("in")["mutations"][1]["base"], 0);
}

// The ack of 1 and 2 was lost, and with it that 2 was rejected.
TEST_F(ClientWriter, AnOutcomeThatWasLostIsAskedForBySendingAgain) {
  begin({{"max_mutations", 2}});
  put_many(6);
  messages();
  pass(2'000);
  acked(3, 4);
  acked(5, 6);
  EXPECT_EQ(settled(), 0u);
  EXPECT_EQ(messages(), (Sent{"1+2", "3+2", "5+2"}));
  Json rejected{
      {"n", 2}, {"status", "rejected"}, {"id", "m2"}, {"error", {{"code", "invalid"}, {"message", "no"}}}};
  ack({{"n", 2}, {"head", 6}, {"results", {{{"n", 1}, {"status", "processed"}}, rejected}}});
  acked(3, 6);
  EXPECT_EQ(settled(), 6u);
  EXPECT_EQ(outcome("key2"), "rejected");
}

TEST_F(ClientWriter, AServerThatHasForgottenWhatItAcknowledgedIsTold) {
  begin();
  put_many(4);
  acked(1, 3);
  ack({{"n", 1}, {"gap", true}, {"now", 9000}});
  EXPECT_EQ(errors(), std::vector<std::string>{"lost"});
}

TEST(ClientServer, LimitsAreThoseThatTheStatusAnnounces) {
  const auto status = [](const Json& limits) {
    Json said{{"state", "online"}, {"epoch", epoch}, {"protocol", 1}};
    if (!limits.is_null()) said["limits"] = limits;
    return decode_announcement(to_text(said));
  };
  Json limits{{"max_payload_bytes", 2000},
              {"max_mutations", 5},
              {"max_operations", 3},
              {"max_depth", 9},
              {"max_unacked", 7}};
  const auto said = status(limits);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->limits, (ServerLimits{2000, 5, 3, 9, 7}));
  limits["max_mutations"] = 0;
  EXPECT_FALSE(status(limits));
}

}  // namespace
}  // namespace msync::client::test
