// Schemas that lead back to themselves without going into the document: a validator would follow them for ever.
#pragma once

#include <optional>

#include "core/json.h"

namespace msync::schema {

/// The first such circle as Code::bad_config with its pointer. `$ref`s into properties and elements may recurse:
/// documents are only so deep. Every `$ref` must resolve (see mistakes()).
std::optional<Error> circle(const Json& schema);

}  // namespace msync::schema
