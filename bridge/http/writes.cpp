#include "bridge/http/writes.h"

#include <algorithm>

#include "bridge/http/documents.h"
#include "bridge/http/problem.h"
#include "core/base64url.h"
#include "core/hmac.h"
#include "core/operators.h"

namespace msync {
namespace {

/// What an `in` message and a delta put around a document.
constexpr std::size_t envelope_depth = 3;

std::optional<Op> op_of(std::string_view method) {
  if (method == "PUT") return Op::put;
  if (method == "PATCH") return Op::patch;
  if (method == "DELETE") return Op::remove;
  return std::nullopt;
}

bool known_type(std::string_view type, Op op) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  if (type.empty() || type == "application/json") return true;
  return op == Op::patch && type == "application/merge-patch+json";
}

std::optional<HttpResponse> read_expectation(const HttpRequest& request, WriteRequest& write) {
  const std::string_view match = request.header("if-match"), none_match = request.header("if-none-match");
  if (request.count("if-match") + request.count("if-none-match") > 1)
    return problem(400, "malformed", "give one of If-Match and If-None-Match, once");
  if (match == "*") {
    write.expect = WriteRequest::Expect::present;
  } else if (!match.empty()) {
    const auto version = version_of(match);
    if (!version) return problem(400, "malformed", R"(If-Match must be * or a version, as in "5")");
    write.expect = WriteRequest::Expect::version;
    write.version = *version;
  } else if (none_match == "*") {
    write.expect = WriteRequest::Expect::absent;
  } else if (!none_match.empty()) {
    return problem(400, "malformed", "for a write, If-None-Match must be *");
  }
  return std::nullopt;
}

std::optional<HttpResponse> read_key(const HttpRequest& request, WriteRequest& write) {
  if (!request.has("idempotency-key")) return std::nullopt;
  const std::string_view key = request.header("idempotency-key");
  const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (request.count("idempotency-key") > 1 || key.empty() || key.size() > limits::max_request_key_bytes ||
      !visible)
    return problem(400, "malformed", "Idempotency-Key must be 1 to 255 visible characters, once");
  write.key = key;
  write.fingerprint = base64url_encode(
      hmac_sha256("request", {request.method, "\n", request.target, "\n", request.header("if-match"), "\n",
                              request.header("if-none-match"), "\n", request.body}));
  return std::nullopt;
}

std::optional<HttpResponse> read_body(const HttpRequest& request, const Collection& collection,
                                      WriteRequest& write) {
  Operation& operation = write.operation;
  if (operation.op == Op::remove) return std::nullopt;
  if (!known_type(request.header("content-type"), operation.op))
    return problem(415, "malformed", "send application/json, for PATCH also application/merge-patch+json");
  auto body = parse_json(request.body, limits::max_depth - envelope_depth);
  if (!body) return problem(400, "malformed", "the body is no JSON: " + body.error().message);
  if (!body->is_object()) return problem(400, "malformed", "the body is no JSON object");
  operation.data = *std::move(body);
  if (write.key.empty() && operation.op == Op::patch && has_operators(collection, operation.data))
    return problem(400, "malformed", "operators need an Idempotency-Key: a repeat would count twice");
  return std::nullopt;
}

HttpResponse stored_answer(const WriteRequest& request, const WriteAnswer& answer, Json&& outcome) {
  HttpResponse response;
  response.status = answer.created ? 201 : 200;
  if (!answer.result.changes.empty()) {
    const Landing& landing = answer.result.changes.front();
    response.headers = {{"ETag", entity_tag(landing.version)}, {"Sync-Seq", std::to_string(landing.seq)}};
    outcome.update({{"version", landing.version}, {"seq", landing.seq}});
  }
  if (request.operation.op == Op::remove) {
    response.status = 204;
  } else {
    response.body = to_text(outcome);
  }
  return response;
}

int status_of(const MutationResult& result) {
  if (result.status == Status::superseded || result.status == Status::conflict) return 409;
  if (result.error && result.error->code == Code::too_large) return 413;
  return 422;
}

}  // namespace

std::variant<WriteRequest, HttpResponse> read_write(const HttpRequest& request, const Route& route,
                                                    const Collection& collection) {
  WriteRequest write;
  const auto op = op_of(request.method);
  if (!op) return problem(405, "method", "use GET, PUT, PATCH or DELETE");
  write.operation.op = *op;
  write.operation.id = route.id;
  for (const auto& fault : {read_expectation(request, write), read_key(request, write)})
    if (fault) return *fault;
  if (auto fault = read_body(request, collection, write)) return *std::move(fault);
  return write;
}

HttpResponse answer_to(const WriteRequest& request, const WriteAnswer& answer) {
  const MutationResult& result = answer.result;
  Json more = Json::object();
  if (result.standing && result.standing->version > 0)
    more["standing"] = {{"version", result.standing->version}, {"seq", result.standing->seq}};
  const bool nothing_stands = !more.contains("standing");
  switch (answer.kind) {
    case WriteAnswer::Kind::unexpected:
      return problem(412, "precondition", "what stands is not what the request expects", more);
    case WriteAnswer::Kind::other_request:
      return problem(422, "key_reused", "this Idempotency-Key was used for another request");
    case WriteAnswer::Kind::unknown:
      return problem(503, "unknown_outcome", "the store failed while it was written; read it, then decide");
    case WriteAnswer::Kind::answered:
      break;
  }
  if (stored(result.status))
    return stored_answer(request, answer,
                         {{"id", request.operation.id}, {"status", to_string(result.status)}});
  if (result.status == Status::superseded && request.operation.op != Op::put && nothing_stands)
    return problem(404, "not_found", "there is no such document");
  more["outcome"] = to_string(result.status);
  std::string detail = "the write lost against what stands";
  if (result.error) {
    if (!result.error->path.empty()) more["path"] = result.error->path;
    if (!result.error->message.empty()) detail = result.error->message;
  }
  const char* code = result.error ? to_string(result.error->code) : to_string(result.status);
  return problem(status_of(result), code, detail, more);
}

}  // namespace msync
