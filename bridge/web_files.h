// The files of the pages that the bridge serves, in the program itself: made from web/ and npm's packages by
// tools/embed_files.cmake.
#pragma once

#include <span>
#include <string_view>

namespace msync {

struct WebFile {
  std::string_view path;  // as it is asked for: "/", "/status.css"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;  // the same, packed; empty where that is hardly smaller
  std::string_view etag;  // with its quotation marks
};

/// The status page's. Few: whoever serves them looks through. Their views last as long as the program.
std::span<const WebFile> web_files();

/// The demo app's, below /demo. Likewise.
std::span<const WebFile> demo_files();

}  // namespace msync
