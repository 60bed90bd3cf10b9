// Operators of properties with `x-merge`: changes that never conflict, because they say what to do, not what
// the result is. docs/conflicts.md, "Operators".
//
//   counter  {"$inc": k}                        number; absent counts as 0
//   set      {"$add": [...], "$remove": [...]}  array; removals first, then additions at the end, first added
//                                               first; elements are equal as JSON
//   max, min {"$max": v}, {"$min": v}           number or string; absent gives way to anything
// They stand at the top level of a patch only. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/collection.h"

namespace msync {

/// A patch taken apart.
struct SplitPatch {
  Json plain = Json::object();  // RFC 7396
  struct Apply {
    std::string property;
    Operator op;
    Json argument;  // the object with the `$` members
  };
  std::vector<Apply> operators;
};

/// Code::bad_operator with the property's pointer: an operator where the schema declares none or another one,
/// a malformed argument, or a plain value for a property with `x-merge`.
Result<SplitPatch> split_patch(const Collection& collection, const Json& patch);

/// The document with the operators applied. Code::invalid with the property's pointer if a counter overflows.
Result<Json> apply_operators(Json document, const std::vector<SplitPatch::Apply>& operators);

/// True for an object whose members all begin with `$`: what only an operator looks like.
bool looks_like_operator(const Json& value);

}  // namespace msync
