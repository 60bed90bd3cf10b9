// What bridge, plugin and operators say to each other below sync/door/.
#include <gtest/gtest.h>

#include "core/door_message.h"

namespace msync {
namespace {

Identity bearer(std::string user, std::string_view claims) {
  Identity who;
  who.user = std::move(user);
  who.claims = *parse_json(claims);
  return who;
}

// ---- revocations ------------------------------------------------------------------------------------------

TEST(Revocations, OfAUserMeanTheTokensIssuedUpToThen) {
  const Revocation bob{"bob", "", 1000, 2000};
  EXPECT_TRUE(revokes(bob, bearer("bob", R"({"iat":999})")));
  EXPECT_TRUE(revokes(bob, bearer("bob", R"({"iat":1000})")));
  EXPECT_TRUE(revokes(bob, bearer("bob", R"({"iat":1000.9})"))) << "the same second";
  EXPECT_FALSE(revokes(bob, bearer("bob", R"({"iat":1001})"))) << "who signs in again is let in";
  EXPECT_TRUE(revokes(bob, bearer("bob", "{}"))) << "nobody knows when";
  EXPECT_TRUE(revokes(bob, bearer("bob", R"({"iat":"1001"})"))) << "no number";
  EXPECT_FALSE(revokes(bob, bearer("bobby", R"({"iat":999})")));
}

TEST(Revocations, OfATokenMeanThatOneWhoeverHasIt) {
  const Revocation one{"", "a1", 1000, 2000};
  EXPECT_TRUE(revokes(one, bearer("bob", R"({"jti":"a1","iat":5000})")));
  EXPECT_FALSE(revokes(one, bearer("bob", R"({"jti":"a2"})")));
  EXPECT_FALSE(revokes(one, bearer("bob", R"({"jti":["a1"]})")));
  EXPECT_FALSE(revokes(one, bearer("bob", "{}")));
}

TEST(Revocations, ARequestNamesAUserOrAToken) {
  for (const Revocation& wanted : {Revocation{"bob", "", 0, 0}, Revocation{"", "j \"1\" ü", 0, 0}}) {
    const auto read = decode_revoke(encode_revoke(wanted));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, wanted);
  }
  EXPECT_EQ(encode_revoke({"bob", "", 7, 8}), R"({"user":"bob"})") << "the times are the bridge's to set";
  EXPECT_EQ(decode_revoke(R"({"user":"bob","until_s":9})")->until_s, 0);
}

TEST(Revocations, AnythingElseIsNoRequest) {
  for (const std::string& payload :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"user":""})"),
        std::string(R"({"user":"bob","token_id":"a1"})"), std::string(R"({"user":7})"),
        std::string(R"({"user":"a/b"})"), std::string(R"({"user":"#"})"), std::string("{\"user\":\"\xff\"}"),
        R"({"token_id":")" + std::string(257, 'x') + R"("})",
        R"({"user":")" + std::string(129, 'x') + R"("})"}) {
    const auto read = decode_revoke(payload);
    ASSERT_FALSE(read.ok()) << payload;
    EXPECT_EQ(read.error().code, Code::malformed) << payload;
  }
}

TEST(Revocations, TheListComesBackAsItWasSent) {
  const std::vector<Revocation> all{{"bob", "", 1000, 87'430}, {"", "a1", 1001, 87'431}};
  const auto read = decode_revoked(encode(all));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, all);
  EXPECT_EQ(encode(std::vector<Revocation>{}), R"({"revoked":[]})");
  EXPECT_TRUE(decode_revoked(R"({"revoked":[]})")->empty());
}

TEST(Revocations, AListThatCannotBeOneIsRefusedWhole) {
  for (const char* payload :
       {"", "{}", R"({"revoked":{}})", R"({"revoked":["bob"]})", R"({"revoked":[{"user":"bob"}]})",
        R"({"revoked":[{"user":"bob","at_s":1}]})", R"({"revoked":[{"user":"bob","at_s":-1,"until_s":2}]})",
        R"({"revoked":[{"at_s":1,"until_s":2}]})"}) {
    EXPECT_FALSE(decode_revoked(payload).ok()) << payload;
  }
  std::vector<Revocation> many(limits::revocations, {"bob", "", 1, 2});
  EXPECT_TRUE(decode_revoked(encode(many)).ok());
  many.push_back(many.front());
  EXPECT_FALSE(decode_revoked(encode(many)).ok());
}

// ---- members ----------------------------------------------------------------------------------------------

TEST(MembersMessage, ComesBackAsItWasSent) {
  const MembersMessage message{true,
                               false,
                               {{"chat/42/members", "alice", true},
                                {"chat/42/members", "bob", true},
                                {"chat/7/members", "eve", false}}};
  const auto read = decode_members(encode(message));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, message);
  EXPECT_EQ(encode(MembersMessage{true, true, {}}), R"({"first":true,"last":true})");
}

TEST(MembersMessage, OfTwoEntriesForOneMemberOnlyTheLastIsSaid) {
  const MembersMessage message{false, false, {{"a/b", "bob", true}, {"a/b", "bob", false}}};
  EXPECT_EQ(encode(message), R"({"remove":{"a/b":["bob"]}})");
}

TEST(MembersMessage, AnythingElseIsRefused) {
  for (const char* payload : {"", "[]", R"({"add":["a/b"]})", R"({"add":{"a/b":"bob"}})",
                              R"({"add":{"a/b":[7]}})", R"({"remove":{"a/b":{}}})", R"({"first":1})"}) {
    EXPECT_FALSE(decode_members(payload).ok()) << payload;
  }
}

// ---- keys -------------------------------------------------------------------------------------------------

TEST(KeysWanted, RepeatLittleOfWhatAStrangerWrote) {
  EXPECT_EQ(encode_keys_wanted("2026-ed"), R"({"kid":"2026-ed"})");
  EXPECT_LT(encode_keys_wanted(std::string(5000, 'x')).size(), limits::max_echo_bytes + 20);
  EXPECT_EQ(encode_keys_wanted("\xff"), R"({"kid":""})");
}

}  // namespace
}  // namespace msync
