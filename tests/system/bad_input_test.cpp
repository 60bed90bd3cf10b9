// What a broken or hostile client may send: it is told, nothing is stored, nobody else notices.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct BadInput : World {
  // Nothing was stored, the sender is still connected, and he and others can write.
  void expect_unharmed(Phone& sender) {
    EXPECT_EQ(server(), "");
    EXPECT_EQ(sender.disconnections(), 0) << sender.last_disconnection();
    auto& witness = phone("bob:witness");
    EXPECT_EQ(outcome(sender, sender.writes("after-" + sender.src(), {{"text", "still here"}})), "applied");
    EXPECT_EQ(outcome(witness, witness.writes("witness", {{"text", "me too"}})), "applied");
    EXPECT_EQ(witness.disconnections(), 0);
    settle();
    EXPECT_TRUE(eventually([&] { return dump(witness) == server(); }));
  }

  void expect_notice(const std::string& payload, Code code, const std::string& leaf = "in") {
    auto& a = phone("alice:a");
    const std::string topic = "chat/42/messages/" + leaf;
    a.sends(topic, payload);
    const Notice told = notice(a, code);
    EXPECT_FALSE(told.message.empty());
    EXPECT_EQ(told.topic, topic);
    expect_unharmed(a);
  }
};

std::string in(const std::string& mutations) {
  return R"({"mutations":)" + mutations + "}";
}

TEST_F(BadInput, WhatIsNotJsonIsMalformed) {
  expect_notice("hello?", Code::malformed);
}

TEST_F(BadInput, AnEmptyMessageIsMalformed) {
  expect_notice("", Code::malformed);
}

TEST_F(BadInput, BrokenCborIsMalformed) {
  expect_notice("\xa1\x69mutations\x9f", Code::malformed);
}

TEST_F(BadInput, BytesBehindTheMessageAreMalformed) {
  expect_notice(in(R"([{"op":"put","id":"m1","data":{"text":"x"}}])") + std::string("\0{}", 3),
                Code::malformed);
}

TEST_F(BadInput, DuplicateKeysAreMalformed) {
  expect_notice(R"({"mutations":[{"op":"put","id":"m1","id":"m2","data":{"text":"x"}}]})", Code::malformed);
}

TEST_F(BadInput, DepthOver32IsMalformed) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  expect_notice(in(R"([{"op":"put","id":"m1","data":{"text":)" + deep + "}}]"), Code::malformed);
}

TEST_F(BadInput, AHundredThousandOpenBracketsAreMalformed) {
  expect_notice(std::string(100'000, '['), Code::malformed);
}

TEST_F(BadInput, AMessageWithoutMutationsIsMalformed) {
  expect_notice(R"({"mutations":[]})", Code::malformed);
}

TEST_F(BadInput, MutationsThatAreNoListAreMalformed) {
  expect_notice(R"({"mutations":7})", Code::malformed);
}

TEST_F(BadInput, ANumberBeyondTheLargestIntegerIsMalformed) {
  expect_notice(
      R"({"epoch":"1-a","src":"0123456789abcdef","n":9007199254740992,"mutations":[{"op":"noop"}]})",
      Code::malformed);
}

TEST_F(BadInput, NumberedHalfwayIsMalformed) {
  expect_notice(R"({"src":"0123456789abcdef","mutations":[{"op":"noop"}]})", Code::malformed);
}

TEST_F(BadInput, MoreMutationsThanAMessageMayHoldAreMalformed) {
  std::string many = R"({"op":"noop"})";
  for (int i = 0; i < 500; ++i) many += R"(,{"op":"noop"})";
  expect_notice(in("[" + many + "]"), Code::malformed);
}

TEST_F(BadInput, AGroupInAGroupIsMalformed) {
  expect_notice(in(R"([[[{"op":"noop"}]]])"), Code::malformed);
}

TEST_F(BadInput, AMessageOverTheLimitIsTooLarge) {
  const std::string text(limits::max_payload_bytes, 'x');
  expect_notice(in(R"([{"op":"put","id":"m1","data":{"text":")" + text + "\"}}]"), Code::too_large);
}

TEST_F(BadInput, APullThatIsNoPullIsMalformed) {
  expect_notice(R"({"since":-1})", Code::malformed, "pull");
}

TEST_F(BadInput, ASeenThatIsNoneIsMalformed) {
  expect_notice(R"({"seq":"all"})", Code::malformed, "seen");
}

TEST_F(BadInput, AnOperatorInAnUnnumberedWriteIsRefused) {
  auto& a = phone("alice:a");
  a.sends("chat/42/messages/in", in(R"([{"op":"patch","id":"m1","data":{"likes":{"$inc":1}}}])"));
  EXPECT_TRUE(eventually([&] { return !a.notices().empty(); }));
  expect_unharmed(a);
}

TEST_F(BadInput, ADocumentAgainstItsSchemaIsRejectedWithThePlace) {
  auto& a = phone("alice:a");
  const auto check = [&](const Json& data, const std::string& path) {
    const auto refused = result(a, a.writes("m1", data));
    EXPECT_EQ(refused.status, Status::rejected) << data;
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->code, Code::invalid);
    EXPECT_EQ(refused.error->path, path) << data;
  };
  check({{"text", 7}}, "/text");
  check({{"text", std::string(4001, 'x')}}, "/text");
  check({{"text", "x"}, {"likes", -1}}, "/likes");
  check({{"text", "x"}, {"tags", {"a", 7}}}, "/tags/1");
  check(Json::object(), "");
  check({{"text", "x"}, {"colour", "red"}}, "");
  expect_unharmed(a);
}

TEST_F(BadInput, AVersionNobodyHasSeenIsAhead) {
  auto& a = phone("alice:a");
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "x"}})), "applied");
  const auto refused = result(a, a.mutates(alone(put("m1", {{"text", "y"}}, 1000))));
  EXPECT_EQ(refused.status, Status::rejected);
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, Code::version_ahead);
}

TEST_F(BadInput, AnUnknownOperationIsRejectedAndUsesItsNumber) {
  auto& a = phone("alice:a");
  const Json message = {{"epoch", a.status().epoch},
                        {"src", a.src()},
                        {"n", 1},
                        {"mutations", {{{"op", "upsert"}, {"id", "m1"}, {"data", {{"text", "x"}}}}}}};
  a.sends("chat/42/messages/in", to_text(message));
  ASSERT_TRUE(eventually([&] { return !a.acks().empty(); }));
  EXPECT_EQ(a.acks()[0].n, 1u);
  ASSERT_TRUE(a.acks()[0].results.at(0).error);
  EXPECT_EQ(a.acks()[0].results[0].error->code, Code::unknown_op);
  EXPECT_EQ(server(), "");
}

TEST_F(BadInput, AMessageThatIsRightAmongManyThatAreWrongStillCounts) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  for (int i = 0; i < 50; ++i) {
    a.sends("chat/42/messages/in", "{" + std::to_string(i));
    b.writes("m" + std::to_string(i), {{"text", "good"}});
  }
  settle();
  EXPECT_EQ(b.replica().documents().size(), 50u);
  EXPECT_TRUE(eventually([&] { return a.notices().size() == 50; }));
  EXPECT_EQ(a.disconnections() + b.disconnections(), 0);
  EXPECT_EQ(dump(b), server());
}

}  // namespace
}  // namespace msync::test
