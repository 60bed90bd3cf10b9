#include "bridge/http/file_pages.h"

namespace msync {
namespace {

HttpResponse file_answer(const WebFile& file, const HttpRequest& request) {
  HttpResponse response{200, std::string(file.content_type), ""};
  response.headers = {{"ETag", std::string(file.etag)}, {"Cache-Control", "no-cache"}};
  if (request.header("if-none-match") == file.etag) {
    response.status = 304;
  } else {
    response.body = file.bytes;
  }
  return response;
}

}  // namespace

void add_files(HttpApp& app, std::span<const WebFile> files) {
  for (const WebFile& file : files) {
    HttpPage page;
    page.quick = true;
    page.answer = [&file](const HttpRequest& request, const Route&,
                          const std::shared_ptr<Exchange>& exchange) {
      exchange->respond(file_answer(file, request));
    };
    app.add_page(std::string(file.path), std::move(page));
  }
}

}  // namespace msync
