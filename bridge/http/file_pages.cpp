#include "bridge/http/file_pages.h"

#include "bridge/http/negotiation.h"

namespace msync {
namespace {

/// Each of a file's two forms has a tag of its own, as caches between us and the reader need it.
HttpResponse file_answer(const WebFile& file, const HttpRequest& request) {
  const bool packed = !file.gzip.empty() && accepts_gzip(request);
  std::string tag(file.etag);
  if (packed) tag.insert(tag.size() - 1, "-gzip");
  HttpResponse response{200, std::string(file.content_type), ""};
  response.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}};
  if (!file.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_already(request, tag)) {
    response.status = 304;
    return response;
  }
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = packed ? file.gzip : file.bytes;
  return response;
}

/// From `/demo/` to `/demo`: relative, so that it is right behind a proxy that puts a path before ours.
HttpResponse without_slash(const WebFile& file, const HttpRequest& request) {
  std::string to = ".." + std::string(file.path);
  if (const std::size_t query = request.target.find('?'); query != std::string::npos)
    to += request.target.substr(query);
  HttpResponse response{308, "", ""};
  response.headers = {{"Location", std::move(to)}};
  return response;
}

template <class Make>
void add_quick_page(HttpApp& app, std::string path, Make make) {
  HttpPage page;
  page.quick = true;
  page.answer = [make](const HttpRequest& request, const Route&, const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(make(request));
  };
  app.add_page(std::move(path), std::move(page));
}

}  // namespace

void add_files(HttpApp& app, std::span<const WebFile> files) {
  for (const WebFile& file : files) {
    const std::string path(file.path);
    add_quick_page(app, path, [&file](const HttpRequest& request) { return file_answer(file, request); });
    if (file.content_type.starts_with("text/html") && path != "/")
      add_quick_page(app, path + "/",
                     [&file](const HttpRequest& request) { return without_slash(file, request); });
  }
}

}  // namespace msync
