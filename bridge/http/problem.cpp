#include "bridge/http/problem.h"

namespace msync {

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

HttpResponse problem(int status, std::string_view code, std::string_view detail, const Json& more) {
  Json body{{"type", "urn:mosquitto-sync:problem:" + std::string(code)},
            {"title", reason_phrase(status)},
            {"status", status},
            {"code", code},
            {"detail", detail}};
  body.update(more);
  HttpResponse response{status, "application/problem+json", to_text(body)};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse unauthorized() {
  HttpResponse response =
      problem(401, "token", "a valid token is needed: Authorization: Bearer <JSON Web Token>");
  response.headers.emplace_back("WWW-Authenticate",
                                R"(Bearer realm="mosquitto-sync", error="invalid_token")");
  return response;
}

}  // namespace msync
