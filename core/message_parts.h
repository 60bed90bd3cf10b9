// What several messages have in common: the results of mutations, and codes by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.h"
#include "core/message_fields.h"

namespace msync {

/// The code of this name, as to_string(Code) has it.
std::optional<Code> parse_code(std::string_view text);

void write_result(std::string& out, const MutationResult& result);
MutationResult read_result(Fields& fields);

/// The array `name`; empty where it is absent.
std::vector<MutationResult> read_results(Fields& outer, const char* name);

}  // namespace msync
