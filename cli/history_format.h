// How `export --history` writes a change.
#pragma once

#include <string>

#include "bridge/store/records.h"

namespace msync {

/// {"scope":…,"seq":…,"id":…,"version":…,"op":…,"at":…,"ts":…,"user":…,"src":…,"n":…,"before":…,"after":…}: one
/// line of JSON without its break; src and n only where the writer had them, null where there was no document.
std::string history_line(const HistoryRecord& record);

}  // namespace msync
