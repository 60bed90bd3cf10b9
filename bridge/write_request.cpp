#include "bridge/write_request.h"

#include "bridge/mutator.h"

namespace msync {
namespace {

/// How an answer is kept: {"created":true,"result":{…}}.
std::string record_text(const WriteAnswer& answer) {
  return std::string(R"({"created":)") + (answer.created ? "true" : "false") + R"(,"result":)" +
         encode(answer.result) + "}";
}

[[noreturn]] void damaged(const RequestRecord& record) {
  throw StoreError(StoreError::Kind::corrupt, "the record of a request of user \"" + record.user +
                                                  "\" is damaged; restore the latest backup");
}

WriteAnswer read_answer(const RequestRecord& record) {
  const auto body = parse_json(record.result, limits::max_depth + 2);
  if (!body || !body->is_object() || !body->contains("result")) damaged(record);
  auto result = decode_result(to_text(body->at("result")));
  if (!result) damaged(record);
  WriteAnswer answer;
  answer.result = *std::move(result);
  answer.created = body->value("created", false);
  answer.repeated = true;
  return answer;
}

bool expected(const WriteRequest& request, const std::optional<Entity>& current) {
  const bool alive = current && !current->deleted;
  switch (request.expect) {
    case WriteRequest::Expect::anything:
      return true;
    case WriteRequest::Expect::version:
      return alive && current->version == request.version;
    case WriteRequest::Expect::absent:
      return !alive;
    case WriteRequest::Expect::present:
      return alive;
  }
  return false;
}

/// Who expects something has seen what stands: the write follows it, and nothing is concurrent. Who expects nothing is
/// judged by the clock.
std::optional<std::uint64_t> base_of(const WriteRequest& request, const std::optional<Entity>& current) {
  if (request.expect == WriteRequest::Expect::anything || request.expect == WriteRequest::Expect::present)
    return std::nullopt;
  return current ? current->version : 0;
}

}  // namespace

WriteAnswer answer_write(Store& store, const Collection& collection, ScopeRow& scope,
                         const WriteRequest& request, const Stamp& stamp, std::int64_t now_ms, bool unsure) {
  WriteAnswer answer;
  if (!request.key.empty()) {
    if (const auto record = store.request(stamp.user, request.key)) {
      if (record->fingerprint == request.fingerprint) return read_answer(*record);
      answer.kind = WriteAnswer::Kind::other_request;
      return answer;
    }
  } else if (unsure) {
    answer.kind = WriteAnswer::Kind::unknown;
    return answer;
  }
  const auto current = store.entity(scope.id, request.operation.id);
  if (!expected(request, current)) {
    answer.kind = WriteAnswer::Kind::unexpected;
    if (current && !current->deleted)
      answer.result.standing = Landing{request.operation.id, current->version, current->seq};
    return answer;
  }
  Mutation mutation;
  mutation.operations.push_back(request.operation);
  mutation.operations.front().base = base_of(request, current);
  const Writer writer{stamp.user, "", 0, stamp.at_ms};
  answer.result = apply_mutation(store, collection, scope, mutation, writer, now_ms);
  const bool alive = current && !current->deleted;
  if (answer.result.standing && !alive) answer.result.standing = Landing{request.operation.id, 0, 0};
  answer.created = stored(answer.result.status) && request.operation.op != Op::remove && !alive;
  if (!request.key.empty())
    store.save_request({stamp.user, request.key, now_ms, request.fingerprint, record_text(answer)});
  return answer;
}

}  // namespace msync
