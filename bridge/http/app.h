// What the bridge answers over HTTP, without the sockets: every request comes in by handle().
//
//   server's thread ── handle() ──▶ token, quota ──▶ worker (own store connection) ──▶ answer
//                                                     └▶ writes: inbox ──▶ pipeline ──▶ answer
// Health is answered on the server's thread, whatever the others do. docs/http.md is the contract.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "bridge/committer.h"
#include "bridge/http/caller.h"
#include "bridge/http/exchange.h"
#include "bridge/http/feed.h"
#include "bridge/http/router.h"
#include "bridge/http/worker.h"

namespace msync {

/// A page or file of ours, by its exact path.
struct HttpPage {
  /// Needs the role `operator`, unless the request is HttpRequest::loopback.
  bool for_operators = false;
  /// Answers by exchange.respond() or a stream; on the worker's thread, or, where `quick`, on the server's: then it
  /// must not block.
  std::function<void(const HttpRequest&, const Route&, std::shared_ptr<Exchange>)> answer;
  bool quick = false;
};

class HttpApp {
 public:
  struct Parts {
    std::unique_ptr<StoreReader> reader;
    ServerTime& time;
    std::string epoch;
    std::function<std::shared_ptr<const Collections>()> collections;
    std::function<bool(Inbound&&)> offer;    // to the pipeline; false: no room
    std::function<bool()> broker_reachable;  // and passed the gate: what is written now is published
    std::function<bool()> store_writable;    // the last commit did not fail
    std::function<void(Route::Kind, int status, std::int64_t us)> answered = {};  // any thread: for counting
    CallerRules callers;
    std::vector<std::string> origins;  // of pages that may call from a browser
  };

  explicit HttpApp(Parts parts);
  ~HttpApp();

  /// Before start(); the path as it is sent. GET and HEAD only.
  void add_page(std::string path, HttpPage page);

  void start();
  void stop();

  /// The server's thread; never blocks.
  void handle(HttpRequest&& request, const std::shared_ptr<Exchange>& exchange);

  /// Committed: whoever streams these scopes is served. Any thread.
  void touched(std::span<const Touched> scopes);

  /// About once a second, on the server's thread.
  void tick();

  /// Streams and long polls that are open. Any thread.
  std::size_t streams() const { return streams_; }

  /// May a browser's page of this origin, which reached us by this Host, call? True without Origin.
  bool origin_allowed(const HttpRequest& request) const;

 private:
  struct Pending {
    std::int64_t deadline_ms = 0;
    std::weak_ptr<Exchange> exchange;
  };
  using Who = std::shared_ptr<const Identity>;

  HttpResponse preflight(const HttpRequest& request) const;
  HttpResponse readiness() const;
  void open_page(HttpRequest&& request, Route&& route, const std::shared_ptr<Exchange>& exchange);
  void on_worker(const std::shared_ptr<Exchange>& exchange, std::function<void()> job);
  void in_scope(const HttpRequest& request, const Route& route, const Who& who,
                const std::shared_ptr<Exchange>& exchange);
  void read(const HttpRequest& request, const Route& route, const Who& who,
            const std::shared_ptr<Exchange>& exchange);
  void follow(const HttpRequest& request, const Route& route, const Who& who,
              const std::shared_ptr<Exchange>& exchange);
  void write(const HttpRequest& request, const Route& route, const Who& who,
             const std::shared_ptr<Exchange>& exchange);
  bool keep_waiting(const std::shared_ptr<Exchange>& exchange);
  void serve_touched();

  Parts parts_;
  Callers callers_;
  std::map<std::string, HttpPage, std::less<>> pages_;
  Feed feed_;
  std::mutex mutex_;
  std::set<std::string> touched_;  // guarded by mutex_, as the next
  std::list<Pending> waiting_;     // writes, oldest first
  std::atomic<std::size_t> streams_ = 0;
  Worker worker_;  // last: its jobs use all of the above
};

}  // namespace msync
