#include "bridge/http/app.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "bridge/http/documents.h"
#include "bridge/http/problem.h"
#include "bridge/http/writes.h"
#include "core/address.h"

namespace msync {
namespace {

HttpResponse not_found() {
  return problem(404, "not_found", "there is nothing at this address");
}

HttpResponse denied() {
  return problem(403, "denied", "this token does not grant that");
}

HttpResponse wrong_method(const char* allowed) {
  HttpResponse response = problem(405, "method", std::string("this address takes ") + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

bool is_read(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// An answer on whose way something is done to its head.
class WrappedExchange : public Exchange {
 public:
  explicit WrappedExchange(std::shared_ptr<Exchange> inner) : inner_(std::move(inner)) {}
  void respond(HttpResponse&& response) override {
    see(response);
    inner_->respond(std::move(response));
  }
  void start_stream(HttpResponse&& head, std::function<void()> drained) override {
    see(head);
    inner_->start_stream(std::move(head), std::move(drained));
  }
  void send(std::shared_ptr<const std::string> part) override { inner_->send(std::move(part)); }
  void end_stream() override { inner_->end_stream(); }
  std::size_t unsent() const override { return inner_->unsent(); }
  bool gone() const override { return inner_->gone(); }

 private:
  virtual void see(HttpResponse& response) = 0;

  std::shared_ptr<Exchange> inner_;
};

/// One that carries what a browser needs to hand it to a page of another origin.
class CorsExchange final : public WrappedExchange {
 public:
  CorsExchange(std::shared_ptr<Exchange> inner, std::string origin)
      : WrappedExchange(std::move(inner)), origin_(std::move(origin)) {}

 private:
  void see(HttpResponse& response) override {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin_);
    response.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Sync-Seq, Retry-After");
    for (auto& [name, value] : response.headers)
      if (name == "Vary") return void(value += ", Origin");
    response.headers.emplace_back("Vary", "Origin");
  }
  std::string origin_;
};

/// One that is counted, once, with the time that it took.
class CountedExchange final : public WrappedExchange {
 public:
  using Counter = std::function<void(int status, std::int64_t us)>;
  CountedExchange(std::shared_ptr<Exchange> inner, Counter count)
      : WrappedExchange(std::move(inner)), count_(std::move(count)) {}

 private:
  void see(HttpResponse& response) override {
    if (counted_.exchange(true)) return;
    const auto took = std::chrono::steady_clock::now() - began_;
    count_(response.status, std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  }
  Counter count_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> counted_ = false;
};

}  // namespace

HttpApp::HttpApp(Parts parts)
    : parts_(std::move(parts)),
      callers_(parts_.callers),
      feed_(*parts_.reader, parts_.time, parts_.epoch, parts_.collections,
            [this](std::function<void()> job) { worker_.post(std::move(job)); }),
      worker_([](const std::exception& error) {
        spdlog::error("event=http_failed reason=\"{}\"", error.what());
      }) {}

HttpApp::~HttpApp() {
  stop();
}

void HttpApp::add_page(std::string path, HttpPage page) {
  pages_.insert_or_assign(std::move(path), std::move(page));
}

void HttpApp::start() {
  worker_.start();
}

void HttpApp::stop() {
  worker_.stop();
}

bool HttpApp::origin_allowed(const HttpRequest& request) const {
  const std::string_view origin = request.header("origin");
  if (!request.has("origin")) return true;
  if (std::find(parts_.origins.begin(), parts_.origins.end(), origin) != parts_.origins.end()) return true;
  const std::size_t scheme = origin.find("://");
  return scheme != origin.npos && origin.substr(scheme + 3) == request.header("host");
}

HttpResponse HttpApp::preflight(const HttpRequest& request) const {
  if (!request.has("origin") || !origin_allowed(request))
    return problem(403, "denied", "this origin is not allowed");
  HttpResponse response{204, "", ""};
  response.headers = {
      {"Access-Control-Allow-Methods", "GET, HEAD, PUT, PATCH, DELETE"},
      {"Access-Control-Allow-Headers",
       "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, Last-Event-ID"},
      {"Access-Control-Max-Age", "600"}};
  return response;
}

HttpResponse HttpApp::readiness() const {
  const bool broker = parts_.broker_reachable(), store = parts_.store_writable();
  HttpResponse response;
  response.status = broker && store ? 200 : 503;
  response.body = to_text(Json{{"broker", broker}, {"store", store}});
  return response;
}

void HttpApp::handle(HttpRequest&& request, const std::shared_ptr<Exchange>& plain) {
  std::shared_ptr<Exchange> exchange = plain;
  if (request.has("origin") && origin_allowed(request))
    exchange = std::make_shared<CorsExchange>(plain, std::string(request.header("origin")));
  auto parsed = parse_target(request.target);
  if (parts_.answered)
    exchange = std::make_shared<CountedExchange>(
        std::move(exchange), [this, kind = parsed ? parsed->kind : Route::Kind::page](
                                 int status, std::int64_t us) { parts_.answered(kind, status, us); });
  if (request.method == "OPTIONS") return exchange->respond(preflight(request));
  if (!parsed) return exchange->respond(problem(400, "malformed", parsed.error().message));
  Route route = *std::move(parsed);
  switch (route.kind) {
    case Route::Kind::health:
      if (!is_read(request)) return exchange->respond(wrong_method("GET"));
      return exchange->respond({200, "application/json", R"({"status":"ok"})"});
    case Route::Kind::ready:
      if (!is_read(request)) return exchange->respond(wrong_method("GET"));
      return exchange->respond(readiness());
    case Route::Kind::gateway:
      return exchange->respond(problem(426, "upgrade", "this address takes WebSocket connections"));
    case Route::Kind::page:
      return open_page(std::move(request), std::move(route), exchange);
    case Route::Kind::documents:
    case Route::Kind::document:
    case Route::Kind::changes:
    case Route::Kind::history:
      break;
  }
  auto caller = callers_.identify(request, *parts_.collections(), parts_.time.now_ms());
  if (auto* refused = std::get_if<HttpResponse>(&caller)) return exchange->respond(std::move(*refused));
  on_worker(exchange,
            [this, request = std::move(request), route = std::move(route),
             who = std::get<Who>(std::move(caller)), exchange] { in_scope(request, route, who, exchange); });
}

void HttpApp::open_page(HttpRequest&& request, Route&& route, const std::shared_ptr<Exchange>& exchange) {
  const auto found = pages_.find(route.path);
  if (found == pages_.end()) return exchange->respond(not_found());
  const HttpPage& page = found->second;
  if (!is_read(request)) return exchange->respond(wrong_method("GET"));
  if (page.for_operators && !request.loopback) {
    auto caller = callers_.identify(request, *parts_.collections(), parts_.time.now_ms());
    if (auto* refused = std::get_if<HttpResponse>(&caller)) return exchange->respond(std::move(*refused));
    if (!std::get<Who>(caller)->has_role("operator")) return exchange->respond(denied());
  }
  if (page.quick) return page.answer(request, route, exchange);
  on_worker(exchange, [&page, request = std::move(request), route = std::move(route), exchange] {
    page.answer(request, route, exchange);
  });
}

/// What the store cannot do is no fault of the request's.
void HttpApp::on_worker(const std::shared_ptr<Exchange>& exchange, std::function<void()> job) {
  worker_.post([exchange, job = std::move(job)] {
    try {
      if (!exchange->gone()) job();
    } catch (const StoreError&) {
      exchange->respond(problem(503, "store", "the store cannot be read now"));
      throw;
    }
  });
}

void HttpApp::in_scope(const HttpRequest& request, const Route& route, const Who& who,
                       const std::shared_ptr<Exchange>& exchange) {
  const auto collections = parts_.collections();
  const Address address = classify_scope(*collections, route.scope);
  if (address.kind != Address::Kind::scope)
    return exchange->respond(problem(404, "no_scope", "no collection has a scope of this name"));
  const bool reading = is_read(request);
  const bool granted = may(*parts_.reader->view(), *collections, route.scope, *who,
                           reading ? Right::read : Right::write, parts_.time.now_ms() / 1000);
  if (!granted) return exchange->respond(denied());
  if (route.kind == Route::Kind::changes)
    return reading ? follow(request, route, who, exchange) : exchange->respond(wrong_method("GET"));
  if (reading) return read(request, route, who, exchange);
  if (route.kind != Route::Kind::document) return exchange->respond(wrong_method("GET"));
  write(request, route, who, exchange);
}

void HttpApp::read(const HttpRequest& request, const Route& route, const Who&,
                   const std::shared_ptr<Exchange>& exchange) {
  const auto view = parts_.reader->view();
  if (route.kind == Route::Kind::document) return exchange->respond(get_document(*view, route, request));
  if (route.kind == Route::Kind::history) return exchange->respond(get_history(*view, route));
  exchange->respond(list_documents(*view, route, parts_.epoch));
}

void HttpApp::follow(const HttpRequest& request, const Route& route, const Who& who,
                     const std::shared_ptr<Exchange>& exchange) {
  auto follow = read_follow(request, route);
  if (!follow) return exchange->respond(problem(400, "malformed", follow.error().message));
  feed_.add({exchange, who, route.scope, std::move(follow->position), follow->limit, follow->stream,
             parts_.time.now_ms() + follow->wait_ms});
  streams_ = feed_.size();
}

bool HttpApp::keep_waiting(const std::shared_ptr<Exchange>& exchange) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [](const Pending& pending) { return pending.exchange.expired(); });
  if (waiting_.size() >= limits::http_writes) return false;
  waiting_.push_back({parts_.time.now_ms() + limits::http_write_wait_ms, exchange});
  return true;
}

void HttpApp::write(const HttpRequest& request, const Route& route, const Who& who,
                    const std::shared_ptr<Exchange>& exchange) {
  const auto collections = parts_.collections();
  const Address address = classify_scope(*collections, route.scope);
  auto read = read_write(request, route, *address.collection);
  if (auto* refused = std::get_if<HttpResponse>(&read)) return exchange->respond(std::move(*refused));
  if (!parts_.broker_reachable() || !parts_.store_writable())
    return exchange->respond(
        problem(503, "not_ready", "the broker or the store cannot be reached; nothing was written"));
  if (!keep_waiting(exchange)) return exchange->respond(problem(503, "busy", "too many writes are waiting"));
  auto asked = std::make_shared<WriteRequest>(std::get<WriteRequest>(std::move(read)));
  asked->done = [exchange, asked = asked.get()](WriteAnswer&& answer) {
    exchange->respond(answer_to(*asked, answer));
  };
  Inbound inbound;
  inbound.leaf = Leaf::in;
  inbound.topic = route.scope + "/in";
  inbound.scope = route.scope;
  inbound.collections = collections;
  inbound.collection = address.collection;
  inbound.stamp = {who->user, who->user + ":http", parts_.time.now_ms()};
  inbound.payload = request.body;
  inbound.request = std::move(asked);
  if (!parts_.offer(std::move(inbound)))
    exchange->respond(problem(503, "busy", "the bridge has no room; nothing was written"));
}

void HttpApp::touched(std::span<const Touched> scopes) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = touched_.empty();
    for (const Touched& one : scopes) touched_.insert(one.scope.topic);
  }
  if (first) worker_.post([this] { serve_touched(); });
}

void HttpApp::serve_touched() {
  std::set<std::string> scopes;
  {
    const std::lock_guard lock(mutex_);
    scopes.swap(touched_);
  }
  for (const std::string& scope : scopes) feed_.touched(scope);
  streams_ = feed_.size();
}

void HttpApp::tick() {
  const std::int64_t now_ms = parts_.time.now_ms();
  std::vector<std::shared_ptr<Exchange>> late;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() &&
           (waiting_.front().exchange.expired() || waiting_.front().deadline_ms <= now_ms)) {
      if (auto exchange = waiting_.front().exchange.lock()) late.push_back(std::move(exchange));
      waiting_.pop_front();
    }
  }
  for (const auto& exchange : late)
    exchange->respond(problem(503, "unknown_outcome", "the store is slow: the write may still happen"));
  worker_.post([this] {
    feed_.tick();
    streams_ = feed_.size();
  });
}

}  // namespace msync
