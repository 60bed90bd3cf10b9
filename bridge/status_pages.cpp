#include "bridge/status_pages.h"

#include "bridge/http/file_pages.h"
#include "bridge/http/problem.h"

namespace msync {
namespace {

HttpResponse document(std::string type, std::string body) {
  HttpResponse response{200, std::move(type), std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::shared_ptr<const std::string> event(const std::string& data) {
  return std::make_shared<const std::string>("event: status\ndata: " + data + "\n\n");
}

/// A page that answers with what `make` gives.
template <class Make>
HttpPage page(bool for_operators, bool quick, Make make) {
  return {for_operators,
          [make](const HttpRequest& request, const Route& route, const std::shared_ptr<Exchange>& exchange) {
            exchange->respond(make(request, route));
          },
          quick};
}

}  // namespace

void StatusPages::add_to(HttpApp& app) {
  add_files(app, web_files());
  app.add_page("/metrics", page(true, true, [this](const HttpRequest&, const Route&) {
                 return document("text/plain; version=0.0.4; charset=utf-8", metrics_.text());
               }));
  app.add_page("/status.json", page(true, true, [this](const HttpRequest&, const Route&) {
                 return document("application/json", board_.json());
               }));
  app.add_page("/status/scopes", page(true, false, [this](const HttpRequest&, const Route& route) {
                 return document("application/json", board_.scopes(route.parameter("q")));
               }));
  app.add_page("/status/replicas", page(true, false, [this](const HttpRequest&, const Route& route) {
                 return document("application/json", board_.replicas(route.parameter("q")));
               }));
  HttpPage events;
  events.for_operators = true;
  events.quick = true;
  events.answer = [this](const HttpRequest&, const Route&, const std::shared_ptr<Exchange>& exchange) {
    open_stream(exchange);
  };
  app.add_page("/status/events", std::move(events));
}

void StatusPages::open_stream(const std::shared_ptr<Exchange>& exchange) {
  const auto all = event(board_.json());  // before the lock: it asks how many streams there are
  const std::lock_guard lock(mutex_);
  std::erase_if(streams_, [](const Stream& stream) { return stream.exchange->gone(); });
  if (streams_.size() >= limits::status_streams)
    return exchange->respond(problem(503, "busy", "too many status pages are open"));
  HttpResponse head = document("text/event-stream", "");
  head.headers.emplace_back("X-Accel-Buffering", "no");
  exchange->start_stream(std::move(head), [] {});
  exchange->send(all);  // nothing is missed between the page's first look and this
  streams_.push_back(
      {exchange, std::chrono::steady_clock::now() + std::chrono::milliseconds(limits::status_stream_ms)});
}

void StatusPages::sampled() {
  const auto news = event(board_.news());
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(streams_, [&](const Stream& stream) {
    if (stream.exchange->gone()) return true;
    if (now < stream.ends && stream.exchange->unsent() < 2) {
      stream.exchange->send(news);
      return false;
    }
    stream.exchange->end_stream();
    return true;
  });
}

std::size_t StatusPages::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

}  // namespace msync
