// One request and one answer, without the library that carries them: what the handlers see, and tests make by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msync {

struct HttpRequest {
  std::string method;
  std::string target;  // as it was sent: path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string address;    // who asks (client_address.h)
  bool loopback = false;  // the server listens on loopback only, Host is loopback, and nobody forwarded it

  /// Empty if there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& [one, value] : headers)
      if (one == name) return value;
    return {};
  }
  bool has(std::string_view name) const { return count(name) > 0; }
  std::size_t count(std::string_view name) const {
    std::size_t found = 0;
    for (const auto& [one, value] : headers) found += one == name ? 1 : 0;
    return found;
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside type, length and the server's own
};

}  // namespace msync
