#include "bridge/http/documents.h"

#include <charconv>

#include "bridge/http/problem.h"

namespace msync {
namespace {

HttpResponse not_found() {
  return problem(404, "not_found", "there is no such document");
}

std::string quoted_member(const char* name, std::string_view value) {
  return std::string("\"") + name + "\":" + json_quoted(value);
}

std::string number_member(const char* name, std::int64_t value) {
  return std::string("\"") + name + "\":" + std::to_string(value);
}

std::string number_member(const char* name, std::uint64_t value) {
  return std::string("\"") + name + "\":" + std::to_string(value);
}

/// Documents are JSON text already: written around, not parsed.
std::string to_text(const Change& change) {
  return "{" + quoted_member("id", change.id) + "," + number_member("version", change.version) + "," +
         number_member("seq", change.seq) + "," + number_member("ts", change.ts) + "," +
         quoted_member("by", change.by) + ",\"data\":" + change.data + "}";
}

std::string to_text(const HistoryRecord& record) {
  std::string text = "{" + number_member("seq", record.seq) + "," + number_member("version", record.version) +
                     "," + quoted_member("op", record.op) + "," + number_member("at", record.at_ms) + "," +
                     number_member("ts", record.ts) + "," + quoted_member("user", record.user);
  if (!record.src.empty())
    text += "," + quoted_member("src", record.src) + "," + number_member("n", record.n);
  if (record.before) text += ",\"before\":" + *record.before;
  if (record.after) text += ",\"after\":" + *record.after;
  return text + "}";
}

/// Rows until a page is full. `full` says that there is more.
class Page {
 public:
  explicit Page(std::uint64_t limit) : limit_(limit) {}

  /// False if it does not fit any more.
  bool add(std::string&& row) {
    if (count_ == limit_ || (count_ > 0 && text_.size() + row.size() > limits::http_page_bytes)) {
      full_ = true;
      return false;
    }
    if (count_++ > 0) text_ += ',';
    text_ += row;
    return true;
  }
  bool full() const { return full_; }
  const std::string& text() const { return text_; }

 private:
  std::uint64_t limit_;
  std::uint64_t count_ = 0;
  bool full_ = false;
  std::string text_;
};

Result<std::uint64_t> limit_of(const Route& route) {
  auto limit = number_parameter(route, "limit", limits::http_page_documents);
  if (!limit) return limit;
  if (*limit == 0) return Error{Code::malformed, "limit is 0", ""};
  return std::min<std::uint64_t>(*limit, limits::http_page_documents);
}

}  // namespace

std::string entity_tag(std::uint64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

std::optional<std::uint64_t> version_of(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  std::uint64_t version = 0;
  const char* const end = tag.data() + tag.size() - 1;
  const auto [stop, error] = std::from_chars(tag.data() + 1, end, version);
  if (error != std::errc() || stop != end) return std::nullopt;
  return version;
}

HttpResponse get_document(View& view, const Route& route, const HttpRequest& request) {
  const auto scope = view.scope(route.scope);
  if (!scope) return not_found();
  auto found = view.document(scope->id, route.id);
  if (!found) return not_found();
  const std::string tag = entity_tag(found->version);
  HttpResponse response;
  response.headers = {{"ETag", tag}, {"Sync-Seq", std::to_string(found->seq)}};
  const std::string_view known = request.header("if-none-match");
  if (known == "*" || known == tag || known == "W/" + tag) {
    response.status = 304;
    return response;
  }
  response.body = std::move(found->data);
  return response;
}

HttpResponse list_documents(View& view, const Route& route, const std::string& epoch) {
  const auto limit = limit_of(route);
  if (!limit) return problem(400, "malformed", limit.error().message);
  const ScopeRow scope = view.scope(route.scope).value_or(ScopeRow{});
  Page page(*limit);
  std::string last;
  bool more = false;
  if (scope.id != 0) {
    const auto each = [&](Change&& change) {
      if (!page.add(to_text(change))) return false;
      last = std::move(change.id);
      return true;
    };
    if (auto stopped = view.documents(scope.id, route.parameter("after"), listing_rows, each)) {
      last = *std::move(stopped);
      more = true;
    }
  }
  HttpResponse response;
  response.body = "{" + quoted_member("scope", route.scope) + "," + quoted_member("epoch", epoch) + "," +
                  number_member("head", scope.seq) + "," + number_member("count", scope.count) +
                  ",\"documents\":[" + page.text() + "]";
  if (more || page.full()) response.body += "," + quoted_member("next", last);
  response.body += "}";
  return response;
}

HttpResponse get_history(View& view, const Route& route) {
  const auto limit = limit_of(route);
  if (!limit) return problem(400, "malformed", limit.error().message);
  const auto after = number_parameter(route, "after", 0);
  if (!after) return problem(400, "malformed", after.error().message);
  Page page(*limit);
  std::uint64_t last = 0;
  view.history({route.scope, route.id, 0, *after}, [&](HistoryRecord&& record) {
    if (!page.add(to_text(record))) return false;
    last = record.seq;
    return true;
  });
  HttpResponse response;
  response.body = "{" + quoted_member("id", route.id) + ",\"history\":[" + page.text() + "]";
  if (page.full()) response.body += "," + number_member("next", last);
  response.body += "}";
  return response;
}

}  // namespace msync
