// What the bridge tells the door: revoked tokens and members.
#include "tests/unit/door_world.h"

namespace msync {
namespace {

std::unique_ptr<const Rules> rooms_by_membership() {
  auto rules = std::make_unique<Rules>();
  auto loaded = Collections::load(
      {{"chat.json", R"({"type":"object","x-sync":{"topic":"chat/{room}/messages","access":[
          {"allow":["read","write"],"member_of":"chat/{room}/members/{user}"}]}})"},
       {"members.json", R"({"type":"object","x-sync":{"topic":"chat/{room}/members","access":[
          {"allow":["read"],"member_of":"chat/{room}/members/{user}"},
          {"allow":["read","write"],"role":"moderator"}]}})"}});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  rules->collections = std::move(loaded.collections);
  rules->tokens.secret = door_secret;
  rules->stamp_key = derive_stamp_key(door_secret);
  return rules;
}

class DoorBridge : public DoorWorld {
 protected:
  DoorBridge() { room_door.tick(now_ms); }

  void tells(Door& which, std::string_view topic, const std::string& payload) {
    const Client bridge = enters(which, "mosquitto-sync:bridge", {{"roles", {"bridge"}}});
    const bool retain = topic == door_topic::revoked;
    EXPECT_EQ(which.acl(bridge, {Access::write, topic, payload.size(), retain}, now_ms), Verdict::allow);
    EXPECT_TRUE(which.message(bridge, topic, payload, {}, now_ms).allowed);
  }
  Client enters(Door& which, const std::string& id, const Json& claims = Json::object()) {
    const Client who = client(id);
    EXPECT_EQ(which.connect(who, token(std::string(who.user), claims), now_ms), Door::Entry::accept)
        << broker.last_line();
    return who;
  }
  void revokes(const std::vector<Revocation>& revoked) { tells(door, door_topic::revoked, encode(revoked)); }
  void members(const MembersMessage& message) { tells(room_door, door_topic::members, encode(message)); }
  bool may_read(const Client& who, std::string_view topic = "chat/42/messages/log") {
    return room_door.acl(who, {Access::read, topic, 10, false}, now_ms) == Verdict::allow;
  }
  std::vector<std::string> revoked_scopes() const {
    std::vector<std::string> scopes;
    for (const auto& [topic, payload] : broker.published) {
      if (payload["code"] == "revoked") scopes.push_back(payload["scope"]);
    }
    return scopes;
  }
  bool kicked(Door& which, const std::string& client_id) {
    which.tick(now_ms);
    return std::any_of(broker.kicked.begin(), broker.kicked.end(),
                       [&](const auto& kick) { return kick.first == client_id; });
  }
  std::int64_t now_s() const { return now_ms / 1000; }

  Door room_door{options(), rooms_by_membership(), broker};
};

TEST_F(DoorBridge, ARevokedUserIsDisconnectedAndKeptOut) {
  const Client alice = enter("alice:phone", room_42);
  const Client bob = enter("bob:phone", room_42);
  revokes({{"alice", "", now_s(), now_s() + 3600}});
  EXPECT_EQ(deliver(alice, "chat/42/messages/log"), Verdict::deny);
  EXPECT_EQ(publish(alice, "chat/42/messages/in"), Verdict::deny);
  EXPECT_EQ(deliver(bob, "chat/42/messages/log"), Verdict::allow);
  EXPECT_TRUE(kicked(door, "alice:phone"));
  EXPECT_FALSE(kicked(door, "bob:phone"));
  EXPECT_EQ(door.connect(client("alice:laptop"), token("alice"), now_ms), Door::Entry::refuse);
  EXPECT_EQ(door.connect(client("alice:laptop"), token("alice", {{"iat", now_s()}}), now_ms),
            Door::Entry::refuse);
}

TEST_F(DoorBridge, ATokenThatWasMadeAfterwardsCounts) {
  revokes({{"alice", "", now_s(), now_s() + 3600}});
  now_ms += 2000;
  enter("alice:phone", {{"iat", now_s()}});
}

TEST_F(DoorBridge, WhenAllItsTokensHaveEndedARevocationDoes) {
  revokes({{"alice", "", now_s(), now_s() + 3600}});
  now_ms += 3'600'000;
  enter("alice:phone");
}

TEST_F(DoorBridge, OneTokenIsRevokedByItsId) {
  const Client one = enter("alice:phone", {{"jti", "t1"}});
  enter("alice:laptop", {{"jti", "t2"}});
  revokes({{"", "t1", now_s(), now_s() + 3600}});
  EXPECT_TRUE(kicked(door, "alice:phone"));
  EXPECT_FALSE(kicked(door, "alice:laptop"));
  EXPECT_EQ(door.connect(client("alice:phone"), token("alice", {{"jti", "t1"}}), now_ms),
            Door::Entry::refuse);
}

TEST_F(DoorBridge, ANewTokenThatIsRevokedIsRefused) {
  const Client who = enter("alice:phone", {{"jti", "t1"}});
  revokes({{"", "t2", now_s(), now_s() + 3600}});
  EXPECT_EQ(door.authenticate(who, "JWT", token("alice", {{"jti", "t2"}}), now_ms), Door::Entry::unwind);
}

TEST_F(DoorBridge, OnlyTheBridgeTells) {
  const Client who = enter("alice:phone", {{"roles", {"operator"}}});
  for (const auto topic :
       {door_topic::revoked, door_topic::members, door_topic::keys, door_topic::counters}) {
    EXPECT_EQ(publish(who, topic), Verdict::deny) << topic;
    EXPECT_EQ(publish(who, topic, true), Verdict::deny) << topic;
  }
  EXPECT_EQ(publish(who, door_topic::revoke), Verdict::allow);
  EXPECT_EQ(deliver(who, door_topic::revoked), Verdict::allow);
  EXPECT_EQ(deliver(who, door_topic::revoke), Verdict::deny);
  const Client other = enter("bob:phone");
  EXPECT_EQ(publish(other, door_topic::revoke), Verdict::deny);
  EXPECT_EQ(deliver(other, door_topic::revoked), Verdict::deny);
}

TEST_F(DoorBridge, ARequestToRevokeIsStamped) {
  const Client who = enter("root:cli", {{"roles", {"operator"}}});
  EXPECT_TRUE(message(who, door_topic::revoke).stamps.has_value());
}

TEST_F(DoorBridge, WhatItCannotReadChangesNothing) {
  const Client who = enter("alice:phone");
  revokes({{"alice", "", now_s() - 10'000, now_s() - 1}});  // over
  tells(door, door_topic::revoked, "[");
  tells(room_door, door_topic::members, "[");
  EXPECT_FALSE(kicked(door, "alice:phone"));
}

TEST_F(DoorBridge, AMemberMayAndAnotherMayNot) {
  const Client alice = enters(room_door, "alice:phone"), bob = enters(room_door, "bob:phone");
  EXPECT_FALSE(may_read(alice));
  members({true, true, {{"chat/42/members", "alice"}}});
  EXPECT_TRUE(may_read(alice));
  EXPECT_FALSE(may_read(bob));
  EXPECT_FALSE(may_read(alice, "chat/43/messages/log"));
  EXPECT_EQ(room_door.acl(alice, {Access::write, "chat/42/messages/in", 10, false}, now_ms), Verdict::allow);
}

TEST_F(DoorBridge, WhoSubscribedBeforeReceivesOnceAMember) {
  const Client alice = enters(room_door, "alice:phone");
  EXPECT_EQ(room_door.acl(alice, {Access::subscribe, "chat/42/messages/log", 0, false}, now_ms),
            Verdict::allow);
  EXPECT_FALSE(may_read(alice));
  members({false, false, {{"chat/42/members", "alice"}}});
  EXPECT_TRUE(may_read(alice));
  EXPECT_FALSE(kicked(room_door, "alice:phone"));
}

TEST_F(DoorBridge, WhoIsAMemberNoMoreIsToldAndDisconnected) {
  const Client alice = enters(room_door, "alice:phone");
  members({true, true, {{"chat/42/members", "alice"}, {"chat/43/members", "alice"}}});
  EXPECT_TRUE(may_read(alice));
  EXPECT_TRUE(may_read(alice, "chat/43/messages/log"));
  EXPECT_EQ(room_door.acl(alice, {Access::subscribe, "chat/42/members/log", 0, false}, now_ms),
            Verdict::allow);
  members({false, false, {{"chat/42/members", "alice", false}}});
  EXPECT_FALSE(may_read(alice));
  EXPECT_TRUE(may_read(alice, "chat/43/messages/log"));
  EXPECT_EQ(revoked_scopes(), (std::vector<std::string>{"chat/42/members", "chat/42/messages"}));
  EXPECT_TRUE(kicked(room_door, "alice:phone"));
}

TEST_F(DoorBridge, ACensusEndsWhatItDoesNotName) {
  const Client alice = enters(room_door, "alice:phone"), bob = enters(room_door, "bob:phone");
  members({true, true, {{"chat/42/members", "alice"}, {"chat/42/members", "bob"}}});
  EXPECT_TRUE(may_read(alice) && may_read(bob));
  members({true, false, {{"chat/42/members", "bob"}}});
  EXPECT_TRUE(may_read(alice));  // the census is not over
  members({false, true, {}});
  EXPECT_FALSE(may_read(alice));
  EXPECT_TRUE(may_read(bob));
  EXPECT_EQ(revoked_scopes(), std::vector<std::string>{"chat/42/messages"});
}

TEST_F(DoorBridge, AnUnknownKeyMakesThePluginAskOnceAMinute) {
  auto rules = std::make_unique<Rules>();
  rules->collections = door_collections();
  auto keys = KeySet::load("k", R"({"keys":[{"kid":"a","kty":"oct","alg":"HS256",
    "k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]})");
  ASSERT_TRUE(keys.problems.empty());
  rules->tokens.keys = std::make_shared<const KeySet>(std::move(keys.keys));
  Door with_keys(options(), std::move(rules), broker);
  with_keys.tick(now_ms);
  const std::string unknown = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImIifQ.e30.AAAA";  // {"alg":"HS256","kid":"b"}
  for (int i = 0; i < 3; ++i) with_keys.connect(client("alice:phone"), unknown, now_ms);
  ASSERT_EQ(broker.published.size(), 1U);
  EXPECT_EQ(broker.published[0].first, door_topic::keys);
  now_ms += limits::keys_fetch_again_ms;
  with_keys.connect(client("alice:phone"), unknown, now_ms);
  EXPECT_EQ(broker.published.size(), 2U);
}

}  // namespace
}  // namespace msync
