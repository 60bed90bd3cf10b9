#include <gtest/gtest.h>

#include "core/message.h"

namespace msync {
namespace {

constexpr char kSrc[] = "b3c1f2d4a5e6b7c8";
constexpr std::uint64_t kMax = limits::integer_max;

/// A message of these mutations, numbered from 1.
std::string numbered(const std::string& mutations) {
  return R"({"epoch":"1795230000000-9b2e","src":"b3c1f2d4a5e6b7c8","n":1,"mutations":)" + mutations + "}";
}

/// The only operation of a message that is well formed.
Operation only(const std::string& operation) {
  const auto message = decode_in(numbered("[" + operation + "]"));
  EXPECT_TRUE(message.ok()) << operation << ": " << message.error().message;
  return message.ok() ? message->mutations.at(0).operations.at(0) : Operation();
}

void expect_malformed(const std::string& payload, const std::string& reason) {
  const auto message = decode_in(payload);
  ASSERT_FALSE(message.ok()) << payload;
  EXPECT_EQ(message.error().code, Code::malformed) << payload;
  EXPECT_NE(message.error().message.find(reason), std::string::npos)
      << payload << " says: " << message.error().message;
}

void expect_fault(const std::string& operation, Code code) {
  const auto fault = only(operation).fault;
  ASSERT_TRUE(fault) << operation;
  EXPECT_EQ(fault->code, code) << operation;
  EXPECT_EQ(fault->path, "") << operation;
}

TEST(In, TheDocumentedMessageIsUnderstood) {
  const auto message =
      decode_in(R"({"epoch":"1795230000000-9b2e","src":"b3c1f2d4a5e6b7c8","n":17,"mutations":[
    {"op":"put","id":"m1","base":7,"ts":1795232472123,"data":{"text":"hi"}},
    [{"op":"patch","id":"m2","base":3,"data":{"likes":{"$inc":1}}},{"op":"delete","id":"m3","base":2}]]})");
  ASSERT_TRUE(message.ok()) << message.error().message;
  InMessage expected;
  expected.epoch = "1795230000000-9b2e";
  expected.src = kSrc;
  expected.n = 17;
  const Operation put{Op::put, "m1", 7, 1795232472123, {{"text", "hi"}}, {}};
  const Operation patch{Op::patch, "m2", 3, {}, {{"likes", {{"$inc", 1}}}}, {}};
  const Operation remove{Op::remove, "m3", 2, {}, nullptr, {}};
  expected.mutations = {{{put}, false}, {{patch, remove}, true}};
  EXPECT_EQ(*message, expected);
  EXPECT_TRUE(message->numbered());
}

TEST(In, WithoutEpochSrcAndNItIsUnnumbered) {
  const auto message = decode_in(R"({"mutations":[{"op":"put","id":"t","data":{}}]})");
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_FALSE(message->numbered());
  EXPECT_EQ(message->n, 0U);
}

TEST(In, CborSaysTheSameAsJson) {
  const auto json = decode_in(numbered(R"([{"op":"put","id":"m1","base":0,"data":{"a":[1,2.5,"x",null]}}])"));
  ASSERT_TRUE(json.ok());
  const auto cbor = decode_in(to_cbor(to_json(*json)));
  ASSERT_TRUE(cbor.ok()) << cbor.error().message;
  EXPECT_EQ(*cbor, *json);
}

TEST(In, CborNumbersMayBeFloatsOfIntegralValue) {
  Json value = Json::parse(numbered(R"([{"op":"delete","id":"m1"}])"));
  value["n"] = 17.0;
  value["mutations"][0]["base"] = 3.0;
  const auto message = decode_in(to_cbor(value));
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->n, 17U);
  EXPECT_EQ(message->mutations[0].operations[0].base, 3U);
}

TEST(In, EpochSrcAndNComeTogether) {
  const std::string list = R"(,"mutations":[{"op":"noop"}]})";
  const std::string epoch = R"("epoch":"e")";
  const std::string src = R"("src":"b3c1f2d4a5e6b7c8")";
  for (const std::string& some :
       {epoch, src, std::string(R"("n":1)"), epoch + "," + src, epoch + R"(,"n":1)", src + R"(,"n":1)"}) {
    expect_malformed("{" + some + list, "some of epoch, src and n");
  }
  EXPECT_TRUE(decode_in("{" + epoch + "," + src + R"(,"n":1)" + list).ok());
}

TEST(In, AnythingButAnObjectIsMalformed) {
  for (const char* payload :
       {"", " ", "null", "[]", "7", "\"x\"", "{", "{}x", "\xff\xfe", "\xa0", "\xa1\x61", "{} {}",
        "{\"mutations\":[{\"op\":\"noop\"}],\"mutations\":[{\"op\":\"noop\"}]}"}) {
    const auto message = decode_in(payload);
    ASSERT_FALSE(message.ok()) << payload;
    EXPECT_EQ(message.error().code, Code::malformed) << payload;
  }
}

TEST(In, ThereAreOneToFiveHundredMutations) {
  const auto with = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += (i ? "," : "") + std::string(R"({"op":"noop"})");
    return decode_in(numbered("[" + list + "]"));
  };
  EXPECT_FALSE(with(0).ok());
  EXPECT_EQ(with(1)->mutations.size(), 1U);
  EXPECT_EQ(with(500)->mutations.size(), 500U);
  EXPECT_FALSE(with(501).ok());
  expect_malformed("{}", "mutations is missing");
  expect_malformed(R"({"mutations":{}})", "mutations is no array");
  expect_malformed(R"({"mutations":null})", "mutations is no array");
}

TEST(In, AGroupHasOneToAHundredOperationsAndNoGroupInside) {
  const auto with = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i)
      list += (i ? "," : "") + std::string(R"({"op":"delete","id":"a"})");
    return decode_in(numbered("[[" + list + "]]"));
  };
  EXPECT_FALSE(with(0).ok());
  EXPECT_TRUE(with(1)->mutations[0].group);
  EXPECT_EQ(with(100)->mutations[0].operations.size(), 100U);
  EXPECT_FALSE(with(101).ok());
  expect_malformed(numbered(R"([[[{"op":"delete","id":"a"}]]])"), "mutations/0/0 is no object");
}

TEST(In, WhatIsNoOperationIsMalformed) {
  for (const char* item : {"7", "null", "\"noop\"", "true"}) {
    expect_malformed(numbered("[" + std::string(item) + "]"), "mutations/0 is no object");
  }
  expect_malformed(numbered(R"([{"op":"noop"},{"id":"a"}])"), "mutations/1/op is missing");
  expect_malformed(numbered(R"([{"op":null}])"), "mutations/0/op is no text");
  expect_malformed(numbered(R"([[{"op":7}]])"), "mutations/0/0/op is no text");
}

TEST(In, AnUnknownOpFailsAlone) {
  for (const char* name : {"", "Put", "remove", "upsert", "noop "}) {
    expect_fault(std::string(R"({"op":")") + name + R"(","id":"a","base":"odd","data":7})", Code::unknown_op);
  }
  const auto message = decode_in(numbered(R"([{"op":"upsert"},{"op":"put","id":"a","data":{}}])"));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->mutations.size(), 2U);
  EXPECT_FALSE(message->mutations[1].operations[0].fault);
}

TEST(In, ANoopNeedsNothingElse) {
  EXPECT_EQ(only(R"({"op":"noop"})"), Operation());
  EXPECT_EQ(only(R"({"op":"noop","id":7,"data":[]})"), Operation());
}

TEST(In, ANoopInAGroupFailsAlone) {
  const auto message = decode_in(numbered(R"([[{"op":"put","id":"a","data":{}},{"op":"noop"}]])"));
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_FALSE(message->mutations[0].operations[0].fault);
  ASSERT_TRUE(message->mutations[0].operations[1].fault);
  EXPECT_EQ(message->mutations[0].operations[1].fault->code, Code::unknown_op);
}

TEST(In, ABadIdFailsAlone) {
  const std::string long_id(129, 'a');
  for (const std::string& id :
       {std::string("7"), std::string("null"), std::string("[]"), std::string(R"("")"),
        std::string(R"("a/b")"), std::string(R"("+")"), std::string(R"("#")"), std::string(R"("$a")"),
        std::string(R"("a\u0000b")"), "\"" + long_id + "\""}) {
    expect_fault(R"({"op":"put","data":{},"id":)" + id + "}", Code::bad_id);
    expect_fault(R"({"op":"delete","id":)" + id + "}", Code::bad_id);
  }
  expect_fault(R"({"op":"delete"})", Code::bad_id);
  expect_fault(R"({"op":"put"})", Code::bad_id);
  EXPECT_EQ(only(R"({"op":"delete","id":"a/b"})").id, "");
}

TEST(In, AnIdIsOnlyAText) {
  for (const std::string id : {"..", "'; drop table entity; --", "a b", "Ærø ✓", "%2F", "\\"}) {
    const Operation operation = only(Json({{"op", "delete"}, {"id", id}}).dump());
    EXPECT_EQ(operation.id, id);
    EXPECT_FALSE(operation.fault);
  }
}

TEST(In, DataThatIsNoObjectFailsAlone) {
  for (const char* op : {"put", "patch"}) {
    const std::string head = std::string(R"({"op":")") + op + R"(","id":"a")";
    expect_fault(head + "}", Code::invalid);
    for (const char* data : {"null", "[]", "7", "\"x\"", "true"}) {
      expect_fault(head + R"(,"data":)" + data + "}", Code::invalid);
    }
    EXPECT_FALSE(only(head + R"(,"data":{}})").fault);
  }
  EXPECT_EQ(only(R"({"op":"delete","id":"a","data":7})").data, nullptr);
}

TEST(In, BaseAndTsAreProtocolNumbers) {
  for (const char* name : {"base", "ts"}) {
    const auto with = [name](const std::string& value) {
      return numbered(R"([{"op":"delete","id":"a",")" + std::string(name) + R"(":)" + value + "}]");
    };
    for (const char* odd : {"-1", "1.0", "1e3", "1.5", "\"7\"", "null", "true", "[]", "9007199254740992",
                            "18446744073709551615", "18446744073709551616", "99999999999999999999999999"}) {
      expect_malformed(with(odd), std::string("mutations/0/") + name + " is no integer");
    }
    EXPECT_TRUE(decode_in(with("0")).ok());
    EXPECT_TRUE(decode_in(with("9007199254740991")).ok());
    EXPECT_FALSE(decode_in(with("NaN")).ok());
    EXPECT_FALSE(decode_in(with("1e400")).ok());
  }
  const Operation blind = only(R"({"op":"delete","id":"a"})");
  EXPECT_FALSE(blind.base);
  EXPECT_FALSE(blind.ts);
}

TEST(In, NumbersLeaveRoomForEveryMutation) {
  const auto with = [](std::uint64_t n, const std::string& mutations) {
    return decode_in(R"({"epoch":"e","src":"b3c1f2d4a5e6b7c8","n":)" + std::to_string(n) +
                     R"(,"mutations":[)" + mutations + "]}");
  };
  const std::string noop = R"({"op":"noop"})";
  EXPECT_TRUE(with(kMax, noop).ok());
  EXPECT_FALSE(with(kMax, noop + "," + noop).ok());
  EXPECT_TRUE(with(kMax - 1, noop + "," + noop).ok());
  EXPECT_FALSE(with(kMax + 1, noop).ok());
  EXPECT_FALSE(with(0, noop).ok());
  EXPECT_TRUE(with(1, noop).ok());
}

TEST(In, SrcAndEpochHaveTheirShapes) {
  const auto with = [](const std::string& epoch, const std::string& src) {
    return decode_in(R"({"epoch":)" + epoch + R"(,"src":)" + src + R"(,"n":1,"mutations":[{"op":"noop"}]})");
  };
  const std::string good = R"("b3c1f2d4a5e6b7c8")";
  for (const std::string& src :
       {std::string("7"), std::string("null"), std::string(R"("")"), std::string(R"("b3c1f2d4a5e6b7c")"),
        "\"" + std::string(37, 'a') + "\"", std::string(R"("b3c1f2d4a5e6b7c_")"),
        std::string(R"("b3c1f2d4a5e6b7c\u0000")")}) {
    EXPECT_FALSE(with(R"("e")", src).ok()) << src;
  }
  for (const std::string& epoch :
       {std::string("7"), std::string("null"), std::string(R"("")"), "\"" + std::string(65, 'e') + "\""}) {
    EXPECT_FALSE(with(epoch, good).ok()) << epoch;
  }
  EXPECT_TRUE(with("\"" + std::string(64, 'e') + "\"", "\"" + std::string(36, 'a') + "\"").ok());
}

TEST(In, MembersItDoesNotKnowAreIgnored) {
  EXPECT_TRUE(decode_in(R"({"user":"eve","later":[1],"mutations":[{"op":"noop","why":{"a":1}}]})").ok());
}

TEST(In, TooLargeIsToldFromMalformed) {
  const std::string head = R"({"mutations":[{"op":"put","id":"a","data":{"x":")";
  const std::string tail = R"("}}]})";
  const std::size_t room = limits::max_payload_bytes - head.size() - tail.size();
  EXPECT_TRUE(decode_in(head + std::string(room, 'x') + tail).ok());
  const auto over = decode_in(head + std::string(room + 1, 'x') + tail);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::too_large);
  EXPECT_EQ(decode_in(std::string(limits::max_payload_bytes + 1, '[')).error().code, Code::too_large);
}

TEST(In, DepthIsBounded) {
  const auto nested = [](std::size_t levels) {
    return numbered(R"([{"op":"put","id":"a","data":{"x":)" + std::string(levels, '[') +
                    std::string(levels, ']') + "}}]");
  };
  // The message, its list, the operation and the document are four levels themselves.
  EXPECT_TRUE(decode_in(nested(limits::max_depth - 4)).ok());
  EXPECT_FALSE(decode_in(nested(limits::max_depth - 3)).ok());
  EXPECT_FALSE(decode_in(std::string(limits::max_payload_bytes, '[')).ok());
  EXPECT_FALSE(decode_in(std::string(limits::max_payload_bytes, '\xbf')).ok());
}

}  // namespace
}  // namespace msync
