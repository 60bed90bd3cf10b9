// One HTTP GET. http_get.cpp is the only file that includes curl.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/result.h"

namespace msync {

struct HttpGet {
  std::string url;                         // http:// or https://, whose certificate the system must trust
  std::size_t max_bytes = 0;               // of the body
  int timeout_ms = 0;                      // for all of it
  std::function<bool()> interrupted = {};  // asked now and then; true ends it early
};

/// The body of an answer 200. Redirects are followed, three at most, within the same scheme: what was asked for by https
/// is not taken from http. Code::bad_config with the reason otherwise. Any thread; waits.
Result<std::string> http_get(const HttpGet& get);

}  // namespace msync
