#include "bridge/http/writes.h"

#include <gtest/gtest.h>

#include "bridge/http/documents.h"

namespace msync {
namespace {

const Collections& collections() {
  static const auto loaded =
      Collections::load({{"chat.json",
                          R"({"type":"object","properties":{"likes":{"type":"integer","x-merge":"counter"}},
            "x-sync":{"topic":"chat/{room}","access":[{"allow":["read","write"]}]}})"}});
  return loaded.collections;
}

HttpRequest request(std::string method, std::string body,
                    std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpRequest made;
  made.method = std::move(method);
  made.target = "/v1/scopes/chat%2F1/docs/m1";
  made.body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

std::variant<WriteRequest, HttpResponse> read(const HttpRequest& asked) {
  Route route;
  route.kind = Route::Kind::document;
  route.scope = "chat/1";
  route.id = "m1";
  return read_write(asked, route, collections().all().front());
}

WriteRequest accepted(const HttpRequest& asked) {
  auto result = read(asked);
  EXPECT_TRUE(std::holds_alternative<WriteRequest>(result));
  return std::holds_alternative<WriteRequest>(result) ? std::get<WriteRequest>(std::move(result))
                                                      : WriteRequest{};
}

int refused(const HttpRequest& asked) {
  const auto result = read(asked);
  return std::holds_alternative<HttpResponse>(result) ? std::get<HttpResponse>(result).status : 0;
}

TEST(HttpWritesTest, HeadersBecomeExpectations) {
  const WriteRequest blind = accepted(request("PUT", R"({"a":1})"));
  EXPECT_EQ(blind.expect, WriteRequest::Expect::anything);
  EXPECT_EQ(blind.operation.op, Op::put);
  EXPECT_EQ(blind.operation.id, "m1");
  EXPECT_EQ(blind.operation.data, Json({{"a", 1}}));
  EXPECT_TRUE(blind.key.empty());
  const WriteRequest exact = accepted(request("DELETE", "", {{"if-match", "\"7\""}}));
  EXPECT_EQ(exact.expect, WriteRequest::Expect::version);
  EXPECT_EQ(exact.version, 7U);
  EXPECT_EQ(accepted(request("PUT", "{}", {{"if-match", "*"}})).expect, WriteRequest::Expect::present);
  EXPECT_EQ(accepted(request("PUT", "{}", {{"if-none-match", "*"}})).expect, WriteRequest::Expect::absent);
}

TEST(HttpWritesTest, HeadersThatSayNothingClearAreRefused) {
  for (const char* tag : {"7", "W/\"7\"", "\"x\"", "\"\"", "\"7\", \"8\"", "\"-1\""})
    EXPECT_EQ(refused(request("PUT", "{}", {{"if-match", tag}})), 400) << tag;
  EXPECT_EQ(refused(request("PUT", "{}", {{"if-none-match", "\"7\""}})), 400);
  EXPECT_EQ(refused(request("PUT", "{}", {{"if-match", "\"7\""}, {"if-none-match", "*"}})), 400);
  EXPECT_EQ(refused(request("PUT", "{}", {{"idempotency-key", ""}})), 400);
  EXPECT_EQ(refused(request("PUT", "{}", {{"idempotency-key", "a b"}})), 400);
  EXPECT_EQ(refused(request("PUT", "{}", {{"idempotency-key", std::string(256, 'k')}})), 400);
  EXPECT_EQ(refused(request("PUT", "{}", {{"content-type", "text/plain"}})), 415);
  EXPECT_EQ(refused(request("PUT", "{}", {{"content-type", "application/merge-patch+json"}})), 415);
  EXPECT_EQ(
      refused(request("PATCH", "{}", {{"content-type", "application/merge-patch+json; charset=utf-8"}})), 0);
}

TEST(HttpWritesTest, TheBodyIsOneObjectOfBoundedDepth) {
  for (const char* body : {"", "{", "[]", "1", "null", R"({"a":1,"a":2})", "{} {}"})
    EXPECT_EQ(refused(request("PUT", body)), 400) << body;
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(refused(request("PUT", nested(limits::max_depth - 3))), 0);
  EXPECT_EQ(refused(request("PUT", nested(limits::max_depth - 2))), 400);
}

TEST(HttpWritesTest, OperatorsNeedAKeyAndAKeyMarksOneRequest) {
  const std::string patch = R"({"likes":{"$inc":1}})";
  EXPECT_EQ(refused(request("PATCH", patch)), 400);
  const WriteRequest one = accepted(request("PATCH", patch, {{"idempotency-key", "k"}}));
  EXPECT_EQ(one.key, "k");
  EXPECT_EQ(one.fingerprint, accepted(request("PATCH", patch, {{"idempotency-key", "k"}})).fingerprint);
  EXPECT_NE(one.fingerprint, accepted(request("PATCH", "{}", {{"idempotency-key", "k"}})).fingerprint);
  EXPECT_NE(accepted(request("PUT", "{}", {{"idempotency-key", "k"}})).fingerprint,
            accepted(request("PATCH", "{}", {{"idempotency-key", "k"}})).fingerprint);
  EXPECT_NE(accepted(request("PUT", "{}", {{"idempotency-key", "k"}, {"if-match", "*"}})).fingerprint,
            accepted(request("PUT", "{}", {{"idempotency-key", "k"}})).fingerprint);
}

TEST(HttpWritesTest, OutcomesBecomeStatuses) {
  WriteRequest put;
  put.operation.op = Op::put;
  put.operation.id = "m1";
  WriteAnswer answer;
  answer.result.changes = {{"m1", 3, 9}};
  EXPECT_EQ(answer_to(put, answer).status, 200);
  EXPECT_EQ(answer_to(put, answer).headers.front(), (std::pair<std::string, std::string>("ETag", "\"3\"")));
  answer.created = true;
  EXPECT_EQ(answer_to(put, answer).status, 201);
  WriteRequest gone = put;
  gone.operation.op = Op::remove;
  EXPECT_EQ(answer_to(gone, answer).status, 204);
  WriteAnswer lost;
  lost.result.status = Status::superseded;
  lost.result.standing = Landing{"m1", 4, 10};
  EXPECT_EQ(answer_to(put, lost).status, 409);
  EXPECT_EQ(parse_json(answer_to(put, lost).body)->at("standing")["version"], 4);
  lost.result.standing->version = 0;
  WriteRequest patch = put;
  patch.operation.op = Op::patch;
  EXPECT_EQ(answer_to(patch, lost).status, 404);
  WriteAnswer unfit;
  unfit.result.status = Status::rejected;
  unfit.result.error = Error{Code::invalid, "is no string", "/text"};
  EXPECT_EQ(answer_to(put, unfit).status, 422);
  EXPECT_EQ(parse_json(answer_to(put, unfit).body)->at("path"), "/text");
  unfit.result.error->code = Code::too_large;
  EXPECT_EQ(answer_to(put, unfit).status, 413);
  for (const auto& [kind, status] :
       {std::pair(WriteAnswer::Kind::unexpected, 412), std::pair(WriteAnswer::Kind::other_request, 422),
        std::pair(WriteAnswer::Kind::unknown, 503)}) {
    WriteAnswer other;
    other.kind = kind;
    EXPECT_EQ(answer_to(put, other).status, status);
  }
}

TEST(HttpWritesTest, AnEntityTagIsAVersion) {
  EXPECT_EQ(entity_tag(5), "\"5\"");
  EXPECT_EQ(version_of("\"5\""), 5U);
  for (const char* tag : {"5", "\"5", "\"\"", "W/\"5\"", "\"5x\"", "\" 5\""})
    EXPECT_EQ(version_of(tag), std::nullopt) << tag;
}

}  // namespace
}  // namespace msync
