// HTTP as a client: one request at a time, one answer. http_client.cpp is the only file that includes curl.
//
// An HttpClient keeps its connection for the next request to the same server; one thread at a time per object, any number
// of objects. Certificates are verified, against what the system trusts or a file of its own; proxies are the
// environment's (https_proxy, no_proxy). Nothing is retried, nothing is logged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

namespace msync {

struct HttpCall {
  std::string url;                         // http:// or https://
  std::string method = "GET";              // or POST
  std::vector<std::string> headers = {};   // "Name: value"
  std::string body = {};                   // of a POST
  std::string ca_file = {};                // whom to believe instead of whom the system believes
  std::size_t max_bytes = 0;               // of the answer's body that are of use; more is not read
  std::int64_t timeout_ms = 0;             // for all of it
  int redirects = 0;                       // followed at most, within the same scheme, by a GET only
  std::function<bool()> interrupted = {};  // asked now and then; true ends it early
};

struct HttpAnswer {
  int status = 0;
  std::string body;                 // at most max_bytes of it
  bool cut = false;                 // there was more
  std::int64_t retry_after_ms = 0;  // what the server asks for; 0 where it does not
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// An answer, whatever its status; Code::bad_config with the reason (without the URL, which may be a secret) where
  /// none came. Waits.
  Result<HttpAnswer> send(const HttpCall& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// True for an address that send() takes: http:// or https:// and a host, without user name and password.
bool is_http_url(const std::string& url);

/// The whole body of an answer 200, at most three redirects on. The reason otherwise begins with the URL.
Result<std::string> http_get(HttpCall request);

}  // namespace msync
