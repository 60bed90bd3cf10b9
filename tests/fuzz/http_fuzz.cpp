// Any lines as a request's target, method, headers and body: what is accepted is what it seems to be.
#include <algorithm>

#include "bridge/http/documents.h"
#include "bridge/http/follow.h"
#include "bridge/http/router.h"
#include "bridge/http/writes.h"
#include "core/limits.h"
#include "core/topic.h"
#include "tests/fuzz/require.h"

namespace {

using msync::HttpRequest;
using msync::HttpResponse;
using msync::Route;
using msync::WriteRequest;

const msync::Collection& collection() {
  static const auto loaded = msync::Collections::load(
      {{"chat.json",
        R"({"type":"object","properties":{"likes":{"type":"integer","x-merge":"counter"}},
            "x-sync":{"topic":"chat/{room}","access":[{"allow":["read","write"]}]}})"}});
  REQUIRE(loaded.problems.empty());
  return loaded.collections.all().front();
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_route(const Route& route, std::string_view target) {
  REQUIRE(target.starts_with(route.path) && route.path.starts_with('/'));
  const bool scoped = route.path.starts_with("/v1/scopes/");
  const bool in_scope = route.kind == Route::Kind::document || route.kind == Route::Kind::documents ||
                        route.kind == Route::Kind::changes || route.kind == Route::Kind::history;
  if (in_scope) REQUIRE(scoped && !has_controls(route.scope) && msync::valid_utf8(route.scope));
  if (route.kind == Route::Kind::document || route.kind == Route::Kind::history)
    REQUIRE(msync::valid_level(route.id));
  for (const auto& [name, value] : route.query) REQUIRE(!has_controls(name) && !has_controls(value));
}

void check_follow(const HttpRequest& request, const Route& route) {
  const auto follow = msync::read_follow(request, route);
  if (!follow) return;
  REQUIRE(follow->limit >= 1 && follow->limit <= msync::limits::page_entities);
  REQUIRE(follow->wait_ms >= 0 && follow->wait_ms <= 1000 * msync::limits::http_wait_s);
  if (follow->position.epoch.empty() || follow->position.epoch.find('/') != std::string::npos) return;
  const auto again = msync::parse_position(to_string(follow->position));
  REQUIRE(again.ok() && *again == follow->position);
}

void check_write(const HttpRequest& request, const Route& route) {
  const auto write = msync::read_write(request, route, collection());
  if (const auto* refused = std::get_if<HttpResponse>(&write)) {
    REQUIRE(refused->status >= 400 && refused->status < 500 && msync::parse_json(refused->body).ok());
    return;
  }
  const auto& asked = std::get<WriteRequest>(write);
  REQUIRE(asked.operation.op == msync::Op::remove || asked.operation.data.is_object());
  REQUIRE(asked.key.empty() == asked.fingerprint.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view lines[7];  // target, method, two headers each with name and value
  for (auto& line : lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  HttpRequest request;
  request.target = lines[0];
  request.method = lines[1];
  for (const std::size_t i : {2, 4}) request.headers.emplace_back(lines[i], lines[i + 1]);
  request.body = rest;
  const auto route = msync::parse_target(request.target);
  if (!route) return 0;
  check_route(*route, request.target);
  check_follow(request, *route);
  check_write(request, *route);
  if (const auto version = msync::version_of(lines[3])) REQUIRE(!lines[3].empty());
  return 0;
}
