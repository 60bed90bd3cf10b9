#include "bridge/write_request.h"

#include "tests/unit/store_place.h"

namespace msync {
namespace {

using Expect = WriteRequest::Expect;
using Kind = WriteAnswer::Kind;

class WriteRequestTest : public testing::Test {
 protected:
  static const Collection& collection() {
    static const auto loaded = Collections::load(
        {{"chat.json",
          R"({"type":"object","required":["text"],"properties":{"text":{"type":"string"},"likes":{"type":"integer","x-merge":"counter"}},
              "x-sync":{"topic":"chat/{room}","access":[{"allow":["read","write"]}]}})"}});
    return loaded.collections.all().front();
  }
  static WriteRequest request(Op op, Json data = {}, Expect expect = Expect::anything,
                              std::uint64_t version = 0) {
    WriteRequest made;
    made.operation.op = op;
    made.operation.id = "m1";
    made.operation.data = std::move(data);
    made.expect = expect;
    made.version = version;
    return made;
  }
  WriteAnswer ask(const WriteRequest& asked, bool unsure = false, const std::string& user = "backend") {
    store->begin();
    ScopeRow scope = store->scope("chat/42", "chat");
    now_ms += 10;
    WriteAnswer answer =
        answer_write(*store, collection(), scope, asked, {user, user + ":http", now_ms}, now_ms, unsure);
    store->save(scope);
    store->commit();
    return answer;
  }
  std::uint64_t version() { return store->entity(1, "m1")->version; }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
  std::int64_t now_ms = 1795232472123;
};

TEST_F(WriteRequestTest, WhatIsExpectedMustStand) {
  EXPECT_EQ(ask(request(Op::put, {{"text", "a"}}, Expect::present)).kind, Kind::unexpected);
  EXPECT_EQ(ask(request(Op::put, {{"text", "a"}}, Expect::version, 1)).kind, Kind::unexpected);
  const WriteAnswer made = ask(request(Op::put, {{"text", "a"}}, Expect::absent));
  EXPECT_TRUE(made.created);
  EXPECT_EQ(made.result.status, Status::applied);
  const WriteAnswer refused = ask(request(Op::put, {{"text", "b"}}, Expect::absent));
  EXPECT_EQ(refused.kind, Kind::unexpected);
  EXPECT_EQ(refused.result.standing->version, version());
  const WriteAnswer next = ask(request(Op::put, {{"text", "b"}}, Expect::version, version()));
  EXPECT_EQ(next.result.status, Status::applied);
  EXPECT_FALSE(next.created);
  EXPECT_EQ(ask(request(Op::remove, {}, Expect::version, version() - 1)).kind, Kind::unexpected);
  EXPECT_EQ(ask(request(Op::remove, {}, Expect::present)).result.status, Status::applied);
  EXPECT_EQ(ask(request(Op::remove, {}, Expect::present)).kind, Kind::unexpected);
  EXPECT_TRUE(ask(request(Op::put, {{"text", "c"}}, Expect::absent)).created) << "over a tombstone";
}

TEST_F(WriteRequestTest, APatchOfNothingNamesNothingThatStands) {
  EXPECT_EQ(ask(request(Op::patch, {{"text", "a"}})).result.standing->version, 0U);
  ask(request(Op::put, {{"text", "a"}}));
  ask(request(Op::remove));
  const WriteAnswer late = ask(request(Op::patch, {{"text", "a"}}));
  EXPECT_EQ(late.result.status, Status::superseded);
  EXPECT_EQ(late.result.standing->version, 0U);
}

TEST_F(WriteRequestTest, ANamedRequestIsAnsweredAgainAsTheFirstTime) {
  ask(request(Op::put, {{"text", "a"}}));
  WriteRequest add = request(Op::patch, {{"likes", {{"$inc", 1}}}});
  add.key = "k";
  add.fingerprint = "f";
  const WriteAnswer first = ask(add);
  WriteAnswer again = ask(add, true);
  EXPECT_TRUE(again.repeated);
  again.repeated = false;
  EXPECT_EQ(again, first);
  EXPECT_EQ(store->entity(1, "m1")->data["likes"], 1);
  WriteRequest other = add;
  other.fingerprint = "g";
  EXPECT_EQ(ask(other).kind, Kind::other_request);
  EXPECT_EQ(ask(add, false, "carol").repeated, false) << "keys are each user's own";
}

TEST_F(WriteRequestTest, ARefusalIsRememberedToo) {
  WriteRequest bad = request(Op::put, {{"text", 1}});
  bad.key = "k";
  bad.fingerprint = "f";
  const WriteAnswer first = ask(bad);
  EXPECT_EQ(first.result.status, Status::rejected);
  const WriteAnswer again = ask(bad);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.result, first.result);
}

TEST_F(WriteRequestTest, AfterACommitOfUnknownFateOnlyANameTells) {
  EXPECT_EQ(ask(request(Op::put, {{"text", "a"}}), true).kind, Kind::unknown);
  EXPECT_FALSE(store->entity(1, "m1").has_value());
  WriteRequest named = request(Op::put, {{"text", "a"}});
  named.key = "k";
  named.fingerprint = "f";
  EXPECT_EQ(ask(named, true).kind, Kind::answered);
  EXPECT_TRUE(ask(named, true).repeated);
}

}  // namespace
}  // namespace msync
