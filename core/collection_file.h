// One file of the schemas folder: its `x-sync` section, its `x-merge` properties, its schema. Pure.
#pragma once

#include <optional>
#include <vector>

#include "core/collection.h"

namespace msync {

/// The collection, or nothing and at least one problem more. docs/schemas.md lists what can be wrong.
std::optional<Collection> read_collection(const SchemaFile& file, std::vector<Problem>& problems);

}  // namespace msync
