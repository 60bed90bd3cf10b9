// A world whose bridge answers HTTP, and a backend that asks it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/system/support/http.h"
#include "tests/system/support/wait.h"
#include "tests/system/support/world.h"

namespace msync::test {

inline const std::string room = "/v1/scopes/chat%2F42%2Fmessages";

class Http : public World {
 protected:
  explicit Http(BrokerOptions options = {}) : World(std::move(options)) {
    bridge.arguments() = {"--http",
                          "127.0.0.1:" + std::to_string(web.port()),
                          "--http-requests-per-s",
                          "100000",
                          "--http-origins",
                          "https://app.example.com"};
  }
  static std::string operator_token() { return Broker::token("op", R"({"roles":["operator"]})"); }

  HttpAnswer puts(const std::string& id, const Json& data, std::vector<std::string> headers = {},
                  const std::string& user = "backend") {
    return web.ask({.method = "PUT",
                    .path = room + "/docs/" + id,
                    .token = token(user),
                    .headers = std::move(headers),
                    .body = data.dump()});
  }
  HttpAnswer patches(const std::string& id, const Json& patch, std::vector<std::string> headers = {}) {
    return web.ask({.method = "PATCH",
                    .path = room + "/docs/" + id,
                    .token = token("backend"),
                    .headers = std::move(headers),
                    .body = patch.dump()});
  }
  HttpAnswer deletes(const std::string& id, std::vector<std::string> headers = {}) {
    return web.ask({.method = "DELETE",
                    .path = room + "/docs/" + id,
                    .token = token("backend"),
                    .headers = std::move(headers)});
  }
  HttpAnswer gets(const std::string& path) { return web.get(room + path, token("backend")); }
  std::unique_ptr<Process> follows(const std::string& last_id = {}, const std::string& user = "backend") {
    HttpAsk ask{.path = room + "/changes", .token = token(user), .headers = {"Accept: text/event-stream"}};
    if (!last_id.empty()) ask.headers.push_back("Last-Event-ID: " + last_id);
    return web.stream(ask);
  }

  HttpClient web{free_port()};
};

}  // namespace msync::test
