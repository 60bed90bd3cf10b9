// What can be wrong with a schema before any document comes: keywords of the wrong type, patterns, references.
// Pure; any thread.
#pragma once

#include <re2/re2.h>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"

namespace msync::schema {

/// Nesting of a schema file: a document's level costs it two or three.
inline constexpr std::size_t max_schema_depth = 128;

/// Calls `visit` for `schema` and every subschema below it, with the JSON Pointer of each; `$ref` is not
/// followed. Values of enum, const, default and examples are no schemas.
using Visit = std::function<void(const std::string& pointer, const Json& schema)>;
void walk(const Json& schema, const Visit& visit, const std::string& pointer = "");

/// Every mistake, each with the pointer of the keyword; Code::bad_config.
std::vector<Error> mistakes(const Json& schema);

/// The part of the file that a `$ref` names ("#", "#/definitions/x"), and through `pointer` its JSON Pointer;
/// nullptr if it names none.
const Json* resolve(const Json& root, const std::string& reference, std::string& pointer);

/// How patterns run: no log lines, and a bound on memory past which RE2 gets slower, not larger.
re2::RE2::Options pattern_options();

}  // namespace msync::schema
