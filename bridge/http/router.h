// What a request's target names. Any bytes come in; whatever is no address of ours is refused with a status.
//
// Paths are compared segment by segment after they are cut at their slashes and only then percent-decoded, so that an
// encoded slash is part of a scope and never of the path. No file is ever looked up by a path. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/http/message.h"
#include "core/result.h"

namespace msync {

struct Route {
  enum class Kind : std::uint8_t {
    page,       // none of those below: a page or file by its exact path, or nothing
    health,     // /healthz
    ready,      // /readyz
    gateway,    // /mqtt
    documents,  // /v1/scopes/{T}/docs
    document,   // /v1/scopes/{T}/docs/{id}
    changes,    // /v1/scopes/{T}/changes
    history,    // /v1/scopes/{T}/history/{id}
  };
  Kind kind = Kind::page;
  std::string path;                                       // as it was sent, without the query
  std::string scope;                                      // decoded; any text
  std::string id;                                         // a valid level
  std::map<std::string, std::string, std::less<>> query;  // decoded

  /// Empty if there is none.
  std::string_view parameter(std::string_view name) const;
};

/// A label for logs and metrics, such as "document": of a closed set.
const char* to_string(Route::Kind kind);

/// Code::malformed with what is wrong: bad percent-encoding, control characters, a parameter twice, an id that cannot be
/// one, more than 8 KiB.
Result<Route> parse_target(std::string_view target);

/// Digits only, at most limits::integer_max; `otherwise` where the parameter is missing.
Result<std::uint64_t> number_parameter(const Route& route, std::string_view name, std::uint64_t otherwise);

}  // namespace msync
