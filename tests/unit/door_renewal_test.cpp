// A new token for a connection that stands.
#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorRenewal : public DoorWorld {
 protected:
  Door::Entry authenticate(const Client& who, const std::string& token, std::string_view method = "JWT") {
    return door.authenticate(who, method, token, now_ms);
  }
  std::vector<Json> notices(const std::string& client_id, const std::string& code) {
    std::vector<Json> found;
    for (const auto& [topic, payload] : broker.published) {
      if (topic == "sync/" + client_id + "/notice" && payload["code"] == code) found.push_back(payload);
    }
    return found;
  }
  bool kicked(const std::string& client_id) {
    door.tick(now_ms);
    return std::any_of(broker.kicked.begin(), broker.kicked.end(),
                       [&](const auto& kick) { return kick.first == client_id; });
  }
};

TEST_F(DoorRenewal, AConnectionIsLetInByAuth) {
  Client who = client("alice:phone");
  who.user = {};
  EXPECT_EQ(authenticate(who, token("alice", room_42)), Door::Entry::accept);
  who.user = "alice";
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::allow);
}

TEST_F(DoorRenewal, AuthTakesTheIdentityFromTheTokenOnly) {
  Client who = client("alice:phone");
  who.user = {};
  EXPECT_EQ(authenticate(who, token("mallory")), Door::Entry::refuse);
  EXPECT_EQ(authenticate(who, "no token"), Door::Entry::refuse);
  EXPECT_EQ(authenticate(who, ""), Door::Entry::refuse);
  Client nobody = client("sensor");
  nobody.user = {};
  EXPECT_EQ(authenticate(nobody, token("sensor")), Door::Entry::refuse);
}

TEST_F(DoorRenewal, AnotherMethodIsNotOurs) {
  EXPECT_EQ(authenticate(client("alice:phone"), token("alice"), "SCRAM-SHA-1"), Door::Entry::defer);
  EXPECT_EQ(authenticate(client("alice:phone"), token("alice"), ""), Door::Entry::defer);
}

TEST_F(DoorRenewal, ANewTokenMovesTheEnd) {
  const Client who = enter("alice:phone", room_42, 100);
  now_ms += 90'000;
  EXPECT_EQ(authenticate(who, token("alice", room_42, 1000)), Door::Entry::accept);
  now_ms += 500'000;
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::allow);
  EXPECT_FALSE(kicked("alice:phone"));
  now_ms += 531'000;
  EXPECT_TRUE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, ByTheTopicTheAnswerIsANotice) {
  const Client who = enter("alice:phone", room_42, 100);
  EXPECT_EQ(publish(who, token_topic), Verdict::allow);
  door.renew(who, token("alice", room_42, 1000), now_ms);
  ASSERT_EQ(notices("alice:phone", "token").size(), 1U);
  EXPECT_EQ(notices("alice:phone", "token")[0]["expires_in_s"], 1000);
  door.renew(who, token("bob", room_42, 1000), now_ms);
  ASSERT_EQ(notices("alice:phone", "denied").size(), 1U);
  EXPECT_EQ(notices("alice:phone", "denied")[0]["topic"], token_topic);
  EXPECT_FALSE(kicked("alice:phone"));  // the old one counts
}

TEST_F(DoorRenewal, AStrangerAndAWillHaveNoToken) {
  Client stranger = client("sensor");
  EXPECT_EQ(publish(stranger, token_topic), Verdict::deny);
  const Client who = enter("alice:phone");
  door.disconnect(who);
  EXPECT_EQ(publish(who, token_topic), Verdict::deny);
}

TEST_F(DoorRenewal, MoreRightsCountAtOnceAndNobodyIsDisconnected) {
  const Client who = enter("alice:phone", room_42);
  EXPECT_EQ(deliver(who, "chat/43/messages/log"), Verdict::deny);
  EXPECT_EQ(authenticate(who, token("alice", {{"rooms", {"42", "43"}}})), Door::Entry::accept);
  EXPECT_EQ(deliver(who, "chat/43/messages/log"), Verdict::allow);
  EXPECT_FALSE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, FewerRightsCountAtOnceAndTheClientIsToldAndDisconnected) {
  const Client who = enter("alice:phone", {{"rooms", {"42", "43", "44"}}});
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::allow);    // it has received from 42,
  EXPECT_EQ(subscribe(who, "chat/43/messages/log"), Verdict::allow);  // asked for 43,
  EXPECT_EQ(subscribe(who, "chat/45/messages/log"), Verdict::deny);   // never had 45,
  EXPECT_EQ(subscribe(who, "chat/44/messages/#"), Verdict::allow);    // and keeps 44
  EXPECT_EQ(authenticate(who, token("alice", {{"rooms", "44"}})), Door::Entry::accept);
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(deliver(who, "sync/alice:phone/delta/chat/42/messages"), Verdict::deny);
  EXPECT_EQ(deliver(who, "chat/44/messages/log"), Verdict::allow);
  const auto told = notices("alice:phone", "revoked");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["scope"], "chat/42/messages");
  EXPECT_EQ(told[1]["scope"], "chat/43/messages");
  EXPECT_TRUE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, WriteAloneIsLostWithoutAWord) {
  const Client who = enter("alice:phone", {{"rooms", {"42"}}, {"roles", {"moderator"}}});
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::allow);
  EXPECT_EQ(authenticate(who, token("alice", {{"roles", {"moderator"}}})), Door::Entry::accept);
  EXPECT_EQ(publish(who, "chat/42/messages/in"), Verdict::deny);
  EXPECT_EQ(deliver(who, "chat/42/messages/log"), Verdict::allow);
  EXPECT_FALSE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, ARefusedNewTokenEndsTheConnectionInOrder) {
  const Client who = enter("alice:phone", room_42);
  EXPECT_EQ(authenticate(who, token("bob")), Door::Entry::unwind);
  EXPECT_TRUE(broker.kicked.empty());
  EXPECT_TRUE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, AnAuthThatNobodyAskedForEndsTheConnectionInOrder) {
  const Client who = enter("alice:phone", room_42);
  door.authenticate_further(who);
  EXPECT_TRUE(kicked("alice:phone"));
  door.authenticate_further(client("unknown:one"));
}

TEST_F(DoorRenewal, NobodyBecomesTheBridge) {
  const Client who = enter("alice:phone");
  EXPECT_EQ(authenticate(who, token("alice", {{"roles", {"bridge"}}})), Door::Entry::accept);
  EXPECT_EQ(publish(who, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(authenticate(who, token("mosquitto-sync", {{"roles", {"bridge"}}})), Door::Entry::unwind);
}

TEST_F(DoorRenewal, SighupVerifiesTheNewestToken) {
  const Client who = enter("alice:phone", room_42, 100);
  EXPECT_EQ(authenticate(who, token("alice", room_42, 1000)), Door::Entry::accept);
  now_ms += 500'000;
  door.reload();
  EXPECT_EQ(door.connect(who, std::nullopt, now_ms), Door::Entry::accept);
  EXPECT_FALSE(kicked("alice:phone"));
}

TEST_F(DoorRenewal, RenewalsCountAsMessages) {
  const Client who = enter("alice:phone", room_42);
  for (std::uint32_t i = 0; i < options().max_messages_per_s; ++i) {
    EXPECT_EQ(authenticate(who, token("alice", room_42)), Door::Entry::accept) << i;
  }
  EXPECT_EQ(authenticate(who, token("alice", room_42)), Door::Entry::unwind);
}

}  // namespace
}  // namespace msync
