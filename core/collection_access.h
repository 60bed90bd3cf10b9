// `x-sync.access` of a collection's file. Pure.
#pragma once

#include <vector>

#include "core/report.h"

namespace msync {

/// The grants. `topic` is nullptr where the template itself is a mistake: conditions cannot be judged then.
std::vector<Grant> read_access(const Json& access, const TopicTemplate* topic, Report& report);

}  // namespace msync
