// Writing over HTTP: PUT, PATCH and DELETE of a document become one write of the pipeline, and its outcome an answer.
//
// Plain functions: no thread, no clock, no network. Whether the caller may is judged before.
#pragma once

#include <variant>

#include "bridge/http/message.h"
#include "bridge/http/router.h"
#include "bridge/write_request.h"
#include "core/collection.h"

namespace msync {

/// What the request asks for, `done` still to be set; or the answer that refuses it: 400 for what is no JSON object or a
/// header that cannot be read, 413, 415. If-Match: "5" or *; If-None-Match: *; neither: blind. Idempotency-Key: 1 to
/// limits::max_request_key_bytes visible characters; without one, operators ($inc, …) are refused, because a repeat
/// would count twice.
std::variant<WriteRequest, HttpResponse> read_write(const HttpRequest& request, const Route& route,
                                                    const Collection& collection);

/// 200, 201 or 204 with ETag for what was stored; 412 where what stands was not expected, 409 for a conflict that was lost,
/// 422 or 413 for what does not fit, 404 for a patch or delete of nothing. Its body is the outcome, as in an ack.
HttpResponse answer_to(const WriteRequest& request, const WriteAnswer& answer);

}  // namespace msync
