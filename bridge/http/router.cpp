#include "bridge/http/router.h"

#include <charconv>
#include <optional>
#include <vector>

#include "core/json.h"
#include "core/limits.h"
#include "core/topic.h"

namespace msync {
namespace {

constexpr std::size_t max_target_bytes = 8 * 1024;  // a scope of 16 levels, every byte encoded, takes 6.2 KiB

Error malformed(const char* what) {
  return {Code::malformed, what, ""};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

/// Nothing for bad encoding, control characters (also encoded), or what is not UTF-8 afterwards.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (is_control(c)) return std::nullopt;
    decoded.push_back(c);
  }
  if (!valid_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::optional<Error> read_query(std::string_view text, Route& route) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return malformed("the query is badly encoded");
    if (!route.query.emplace(*std::move(name), *std::move(value)).second)
      return malformed("the query names a parameter twice");
  }
  return std::nullopt;
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == path.npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// /v1/scopes/{T}/…
std::optional<Error> read_scope_path(const std::vector<std::string_view>& segments, Route& route) {
  if (segments.size() < 4 || segments.size() > 5) return std::nullopt;
  const std::string_view what = segments[3];
  const bool with_id = segments.size() == 5;
  if (what == "docs") {
    route.kind = with_id ? Route::Kind::document : Route::Kind::documents;
  } else if (what == "changes" && !with_id) {
    route.kind = Route::Kind::changes;
  } else if (what == "history" && with_id) {
    route.kind = Route::Kind::history;
  } else {
    return std::nullopt;
  }
  auto scope = decode(segments[2], false);
  if (!scope) return malformed("the scope is badly encoded");
  route.scope = *std::move(scope);
  if (!with_id) return std::nullopt;
  auto id = decode(segments[4], false);
  if (!id || !valid_level(*id)) return malformed("the id cannot be one");
  route.id = *std::move(id);
  return std::nullopt;
}

}  // namespace

std::string_view Route::parameter(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

const char* to_string(Route::Kind kind) {
  switch (kind) {
    case Route::Kind::page:
      return "page";
    case Route::Kind::health:
      return "health";
    case Route::Kind::ready:
      return "ready";
    case Route::Kind::gateway:
      return "gateway";
    case Route::Kind::documents:
      return "documents";
    case Route::Kind::document:
      return "document";
    case Route::Kind::changes:
      return "changes";
    case Route::Kind::history:
      return "history";
  }
  return "";
}

Result<Route> parse_target(std::string_view target) {
  if (target.size() > max_target_bytes) return malformed("the address is too long");
  if (target.empty() || target.front() != '/') return malformed("the address is no path");
  for (const char c : target)
    if (is_control(c) || c == '#' || c == ' ')
      return malformed("the address has characters that must be encoded");
  const std::size_t question = std::min(target.find('?'), target.size());
  Route route;
  route.path = target.substr(0, question);
  if (auto fault = read_query(target.substr(std::min(question + 1, target.size())), route)) return *fault;
  if (route.path == "/healthz") route.kind = Route::Kind::health;
  if (route.path == "/readyz") route.kind = Route::Kind::ready;
  if (route.path == "/mqtt") route.kind = Route::Kind::gateway;
  const auto segments = segments_of(route.path);
  if (segments.size() > 2 && segments[0] == "v1" && segments[1] == "scopes")
    if (auto fault = read_scope_path(segments, route)) return *fault;
  return route;
}

Result<std::uint64_t> number_parameter(const Route& route, std::string_view name, std::uint64_t otherwise) {
  const auto found = route.query.find(name);
  if (found == route.query.end()) return otherwise;
  const std::string& text = found->second;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > limits::integer_max)
    return Error{Code::malformed, std::string(name) + " is no number from 0 to 2^53-1", ""};
  return value;
}

}  // namespace msync
