// Requests to revoke tokens: what one comes to, what the committer makes of it, what the store keeps.
#include "bridge/revoking.h"

#include "bridge_fixture.h"

namespace msync {
namespace {

const RevokeRules rules{"mosquitto-sync", 3600};

std::vector<Revocation> so_many(std::size_t count, std::int64_t until_s) {
  std::vector<Revocation> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back({"user" + std::to_string(i), "", 1, until_s});
  return all;
}

TEST(Revoking, LastsAsLongAsTheLastTokenCan) {
  const auto made = judge_revoke(R"({"user":"bob"})", 1000, {}, rules);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(*made, (Revocation{"bob", "", 1000, 1000 + 3600 + limits::leeway_s}));
}

TEST(Revoking, TheBridgeCannotLockItselfOut) {
  EXPECT_EQ(judge_revoke(R"({"user":"mosquitto-sync"})", 1000, {}, rules).error().code, Code::denied);
  EXPECT_EQ(judge_revoke("no request", 1000, {}, rules).error().code, Code::malformed);
}

TEST(Revoking, ThereIsRoomForSoManyInForce) {
  const auto full = so_many(limits::revocations, 2000);
  EXPECT_EQ(judge_revoke(R"({"user":"bob"})", 1000, full, rules).error().code, Code::quota);
  EXPECT_TRUE(judge_revoke(R"({"user":"user7"})", 1000, full, rules).ok()) << "it takes its own place";
  EXPECT_TRUE(judge_revoke(R"({"user":"bob"})", 2000, full, rules).ok()) << "they have ended";
  EXPECT_TRUE(in_force(full, 2000).empty());
  EXPECT_EQ(in_force(full, 1999).size(), limits::revocations);
}

class RevokeRequests : public BridgeFixture {
 protected:
  Inbound request(const std::string& payload) {
    Inbound message = inbound("olga:desk", payload);
    message.topic = door_topic::revoke;
    message.scope.clear();
    message.collection = nullptr;
    message.revoke = true;
    return message;
  }
  std::vector<Revocation> stored() { return reader->view()->revocations(); }
};

TEST_F(RevokeRequests, AreStoredAndTold) {
  at_ms = 5'000'000;
  const Committed done = commit({request(R"({"user":"bob"})"), request(R"({"token_id":"a1"})")});
  EXPECT_TRUE(done.revoked);
  EXPECT_TRUE(done.replies.empty());
  const std::int64_t until_s = 5000 + limits::max_token_ttl_s + limits::leeway_s;
  EXPECT_EQ(stored(), (std::vector<Revocation>{{"", "a1", 5000, until_s}, {"bob", "", 5000, until_s}}));
  reopen();
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(RevokeRequests, ASecondOfTheSameUserTakesTheFirstsPlace) {
  at_ms = 5'000'000;
  commit({request(R"({"user":"bob"})")});
  at_ms = 6'000'000;
  commit({request(R"({"user":"bob"})")});
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].at_s, 6000);
}

TEST_F(RevokeRequests, ThatAreRefusedAreAnsweredWithANotice) {
  committer = std::make_unique<Committer>(*store, RevokeRules{"mosquitto-sync"});
  const Committed done = commit({request(R"({"user":"mosquitto-sync"})")});
  EXPECT_FALSE(done.revoked);
  ASSERT_EQ(done.replies.size(), 1U);
  EXPECT_EQ(done.replies[0].topic, "sync/olga:desk/notice");
  EXPECT_EQ(decode_notice(done.replies[0].payload)->code, Code::denied);
  EXPECT_EQ(decode_notice(done.replies[0].payload)->topic, door_topic::revoke);
  EXPECT_TRUE(stored().empty());
}

TEST_F(RevokeRequests, EndedOnesAreForgotten) {
  store->begin();
  store->save_revocation({"bob", "", 1, 100});
  store->save_revocation({"eve", "", 1, 101});
  EXPECT_EQ(store->drop_revocations(100), 1U);
  EXPECT_EQ(store->drop_revocations(100), 0U);
  store->commit();
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].user, "eve");
}

}  // namespace
}  // namespace msync
