// JSON Schema (draft 7) of one collection's documents.
//
// Built on valijson, with three things of ours: patterns run on RE2 (std::regex recurses and can be made to
// overflow the stack), formats are checked by hand (date-time, date, email, uri, uuid, ipv4, ipv6; unknown ones
// are ignored), and errors carry a JSON Pointer. Immutable; any number of threads may validate at once.
#pragma once

#include <memory>
#include <optional>

#include "core/json.h"

namespace msync {

class Schema {
 public:
  /// Code::bad_config with a pointer into the schema: not a valid draft-7 schema, a pattern RE2 cannot run, a
  /// `$ref` that leaves the file.
  static Result<std::shared_ptr<const Schema>> compile(const Json& schema);

  /// Nothing if the document fits; else Code::invalid with the JSON Pointer of the failing value, or of its
  /// parent for a missing or an extra member. One error, the deepest the validator names first.
  std::optional<Error> validate(const Json& document) const;

  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

 private:
  Schema();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msync
