// What went wrong, for programs and people: RFC 9457 problem JSON.
#pragma once

#include <string>
#include <string_view>

#include "bridge/http/message.h"
#include "core/json.h"

namespace msync {

/// {"type":"urn:mosquitto-sync:problem:<code>","title":…,"status":…,"code":…,"detail":…} and what `more` adds. `code` is of
/// a closed set, in docs/http.md; `detail` quotes nothing that a stranger may not see.
HttpResponse problem(int status, std::string_view code, std::string_view detail,
                     const Json& more = Json::object());

/// 401 with WWW-Authenticate. Always the same words: they do not tell a wrong key from a token that has ended.
HttpResponse unauthorized();

/// The reason phrase of a status that we send.
const char* reason_phrase(int status);

}  // namespace msync
