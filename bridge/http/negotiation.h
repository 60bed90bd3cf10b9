// What a request's headers say of the answer's form. Any bytes come in; what cannot be read counts as not said.
//
// Plain functions; any thread.
#pragma once

#include <string_view>

#include "bridge/http/message.h"

namespace msync {

/// May the answer be gzipped? By Accept-Encoding (RFC 9110, 12.5.3): named, or by `*`, with a weight above 0 and no less than
/// identity's, where that has one. Without the header: no.
bool accepts_gzip(const HttpRequest& request);

/// Does If-None-Match name this tag, weak or strong, or `*`? For answers to GET and HEAD.
bool has_already(const HttpRequest& request, std::string_view entity_tag);

}  // namespace msync
