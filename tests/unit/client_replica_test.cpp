// The native library's core: snapshots, deltas, gaps, digests.
#include "core/digest.h"
#include "tests/unit/client_world.h"

namespace msync::client::test {
namespace {

struct ClientReplica : ClientWorld {};

std::string digest_of(const std::vector<Json>& changes) {
  Digest digest;
  for (const Json& each : changes)
    digest.add(each["id"].get<std::string>(), each["version"], each["ts"], each["by"].get<std::string>());
  return digest.hex();
}

TEST_F(ClientReplica, ANewScopePullsFromZeroWithoutAnEpoch) {
  online();
  const Json asked = pull();
  EXPECT_EQ(asked["since"], 0);
  EXPECT_FALSE(asked.contains("epoch"));
  page(snapshot({change("m1", 1, {{"text", "hi"}})}, 1));
  EXPECT_EQ(view("m1"), Json({{"text", "hi"}}));
  EXPECT_TRUE(client->find(scope)->settled());
}

TEST_F(ClientReplica, LiveDeltasFollowOnAndAGapIsPulled) {
  opened();
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {change("m1", 1, {{"a", 1}})}}});
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
  const std::size_t pulls = count("pull");
  live({{"from", 4}, {"to", 5}, {"head", 5}, {"changes", {change("m9", 5, {{"a", 9}})}}});
  EXPECT_EQ(view("m9"), Json());
  pass(1000);
  ASSERT_EQ(count("pull"), pulls + 1);
  EXPECT_EQ(pull()["since"], 1);
}

TEST_F(ClientReplica, ASnapshotDropsWhatItsPagesDoNotName) {
  online();
  page(snapshot({change("m1", 1, {{"a", 1}}), change("m2", 2, {{"a", 2}})}, 2));
  restart();
  online();
  Json first = snapshot({change("m2", 2, {{"a", 2}})}, 3);
  first["to"] = 2;
  first["last"] = false;
  first.erase("n");
  page(first);
  EXPECT_EQ(view("m1"), Json({{"a", 1}})) << "not before the head";
  page({{"from", 2},
        {"to", 3},
        {"head", 3},
        {"snap", 3},
        {"last", true},
        {"n", 0},
        {"changes", {change("m3", 3, {{"a", 3}})}}});
  EXPECT_EQ(view("m1"), Json());
  EXPECT_EQ(view("m2"), Json({{"a", 2}}));
  EXPECT_EQ(documents.count("m1"), 0u);
}

TEST_F(ClientReplica, ASnapshotGoesOnWhereAnEarlierLifeStopped) {
  online();
  Json first = snapshot({change("m1", 1, {{"a", 1}})}, 2);
  first["to"] = 1;
  first.erase("n");
  page(first);
  restart();
  online();
  EXPECT_EQ(pull()["since"], 1);
  EXPECT_EQ(pull()["snap"], 2);
}

TEST_F(ClientReplica, APatchAgainstAnotherVersionIsPulled) {
  opened();
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {change("m1", 1, {{"a", 1}, {"b", 1}})}}});
  Json patch = change("m1", 2, {}, 2);
  patch.erase("data");
  patch["patch"] = {{"b", nullptr}, {"c", 3}};
  patch["base"] = 7;
  live({{"from", 1}, {"to", 2}, {"head", 2}, {"changes", {patch}}});
  EXPECT_EQ(state().seq, 1u);
  patch["base"] = 1;
  live({{"from", 1}, {"to", 2}, {"head", 2}, {"changes", {patch}}});
  EXPECT_EQ(view("m1"), Json({{"a", 1}, {"c", 3}}));
}

TEST_F(ClientReplica, AnotherDigestCostsOneSnapshotAndThenIsTold) {
  opened();
  const std::vector<Json> theirs{change("m1", 1, {{"a", 1}})};
  live({{"from", 0},
        {"to", 1},
        {"head", 1},
        {"count", 1},
        {"digest", "0000000000000000"},
        {"changes", theirs}});
  pass(1000);
  EXPECT_EQ(pull()["since"], 0);
  Json all = snapshot(theirs, 1);
  all["count"] = 1;
  all["digest"] = "0000000000000000";
  page(all);
  EXPECT_EQ(errors(), std::vector<std::string>{"digest"});
  pass(60'000);
  EXPECT_TRUE(client->find(scope)->settled()) << "and it goes on";
  live({{"from", 1},
        {"to", 1},
        {"head", 1},
        {"count", 1},
        {"digest", digest_of(theirs)},
        {"changes", Json::array()}});
  EXPECT_EQ(state().mismatches, 0u);
}

TEST_F(ClientReplica, MessagesOfAnotherEpochAreDropped) {
  opened();
  hear(std::string(scope) + "/log", to_text({{"epoch", "9999-z"},
                                             {"scope", scope},
                                             {"from", 0},
                                             {"to", 1},
                                             {"head", 1},
                                             {"now", 1},
                                             {"changes", {change("m1", 1, {{"a", 1}})}}}));
  EXPECT_EQ(view("m1"), Json());
  EXPECT_EQ(state().epoch, epoch);
}

TEST_F(ClientReplica, AScopeThatIsRevokedLeavesTheDeviceAndItsOutboxIsHandedOver) {
  opened();
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {change("m1", 1, {{"a", 1}})}}});
  const std::string key = put("m2", {{"a", 2}});
  notice({{"code", "revoked"}, {"message", "no longer"}, {"scope", scope}});
  EXPECT_EQ(view("m1"), Json());
  EXPECT_EQ(view("m2"), Json());
  EXPECT_TRUE(documents.empty());
  EXPECT_EQ(problems(), std::vector<std::string>{key + " revoked"});
  EXPECT_EQ(outcome(key), "rejected");
}

// A renewal's answer may come late, and while the bridge is away nobody can be asked.
TEST_F(ClientReplica, AScopeThatWasTakenAwayStaysDeniedUntilItIsReadAgain) {
  opened();
  notice({{"code", "revoked"}, {"message", "no longer"}, {"scope", scope}});
  EXPECT_FALSE(client->find(scope)->readable());
  client->granted(now);
  EXPECT_FALSE(client->find(scope)->readable());
  online();
  page(snapshot({change("m1", 1, {{"a", 1}})}, 1));
  EXPECT_TRUE(client->find(scope)->readable());
  EXPECT_EQ(view("m1"), Json({{"a", 1}}));
}

TEST_F(ClientReplica, ADeletedIdIsRecreatedOnItsVersion) {
  opened();
  Json gone = change("m1", 1, {}, 4);
  gone.erase("data");
  gone["deleted"] = true;
  live({{"from", 0}, {"to", 1}, {"head", 1}, {"changes", {gone}}});
  put("m1", {{"a", 1}});
  EXPECT_EQ(said("in")["mutations"][0]["base"], 4);
}

}  // namespace
}  // namespace msync::client::test
