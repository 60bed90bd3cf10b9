// A client of the bridge's HTTP side for tests: curl, as a backend's author would type it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "tests/system/support/process.h"

namespace msync::test {

struct HttpAnswer {
  int status = 0;  // 0: no answer came
  std::string head;
  std::string body;

  /// Of the first header of this name, in whatever case; empty if there is none.
  std::string header(const std::string& name) const;
  /// The body as JSON; null if it is none.
  Json json() const;
};

struct HttpAsk {
  std::string method = "GET";
  std::string path = {};
  std::string token = {};                 // empty: none
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
};

class HttpClient {
 public:
  explicit HttpClient(int port) : port_(port) {}

  HttpAnswer ask(const HttpAsk& ask) const;
  HttpAnswer get(const std::string& path, const std::string& token = {}) const {
    return ask({.path = path, .token = token});
  }

  /// A request whose answer goes on until the process is ended; what came of it is in its out().
  std::unique_ptr<Process> stream(const HttpAsk& ask) const;

  std::string url(const std::string& path) const;
  int port() const { return port_; }

 private:
  std::vector<std::string> command(const HttpAsk& ask) const;
  int port_;
};

/// The data of every event of this name in a stream's output so far, and their ids.
struct HttpEvent {
  std::string id;
  std::string name;
  std::string data;
};
std::vector<HttpEvent> events_of(const std::string& stream);

/// `chat/42/messages` as a path's segment.
std::string encoded(const std::string& scope);

}  // namespace msync::test
