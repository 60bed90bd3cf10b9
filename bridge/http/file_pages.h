// Files that are in the program, as pages: with an ETag, for everybody, and gzipped for whoever takes that. A page of HTML is also
// found with a slash at the end of its address: that leads to it.
//
// The daemon adds them before the HTTP side starts. They are answered on the server's thread, from memory.
#pragma once

#include <span>

#include "bridge/http/app.h"
#include "bridge/web_files.h"

namespace msync {

/// The files' bytes last as long as the program, so nothing is copied before it is asked for.
void add_files(HttpApp& app, std::span<const WebFile> files);

}  // namespace msync
