// The status over HTTP: files, data, and streams to those who keep up.
#include "bridge/status_pages.h"

#include "bridge/http/file_pages.h"
#include "bridge_fixture.h"

using namespace msync;

namespace {

std::string header(const HttpResponse& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers)
    if (name == wanted) return value;
  return {};
}

struct Reader final : Exchange {
  void respond(HttpResponse&& response) override { answer = std::move(response); }
  void start_stream(HttpResponse&& head, std::function<void()>) override { answer = std::move(head); }
  void send(std::shared_ptr<const std::string> part) override { parts.push_back(*part); }
  void end_stream() override { ended = true; }
  std::size_t unsent() const override { return reads ? 0 : parts.size(); }
  bool gone() const override { return is_gone; }

  HttpResponse answer{0, "", ""};
  std::vector<std::string> parts;
  bool reads = true, ended = false, is_gone = false;
};

class StatusPagesTest : public BridgeFixture {
 protected:
  StatusPagesTest()
      : board({metrics, rejections, time, std::move(*open_reader(address)), address, "mqtt://127.0.0.1:1",
               "1.2.3", epoch}),
        pages(metrics, board),
        app({std::move(*open_reader(address)), time, epoch, [this] { return collections; },
             [](Inbound&&) { return false; }, [] { return true; }, [] { return true; }}) {
    pages.add_to(app);
    metrics.watch([this] {
      Gauges now;
      now.http_streams = pages.streams();
      return now;
    });
  }
  ~StatusPagesTest() override { metrics.watch(nullptr); }

  std::shared_ptr<Reader> get(const std::string& target,
                              std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto reader = std::make_shared<Reader>();
    HttpRequest request{"GET", target, std::move(headers), "", "127.0.0.1", true};
    app.handle(std::move(request), reader);
    return reader;
  }

  Metrics metrics;
  Rejections rejections;
  ServerTime time{0};
  StatusBoard board;
  StatusPages pages;
  HttpApp app;
};

}  // namespace

TEST_F(StatusPagesTest, TheFilesHaveTagsByWhichTheyAreNotSentTwice) {
  const auto first = get("/");
  EXPECT_EQ(first->answer.status, 200);
  EXPECT_EQ(first->answer.content_type, "text/html; charset=utf-8");
  const std::string tag = header(first->answer, "ETag");
  for (const std::string& known : {tag, "\"other\", W/" + tag, std::string("*")}) {
    const auto again = get("/", {{"if-none-match", known}});
    EXPECT_EQ(again->answer.status, 304) << known;
    EXPECT_TRUE(again->answer.body.empty()) << known;
    EXPECT_EQ(header(again->answer, "ETag"), tag);
    EXPECT_EQ(header(again->answer, "Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(get("/", {{"if-none-match", "\"other\""}})->answer.status, 200);
}

TEST_F(StatusPagesTest, AFileGzippedHasATagOfItsOwn) {
  const auto plain = get("/"), packed = get("/", {{"accept-encoding", "gzip, br"}});
  EXPECT_EQ(header(plain->answer, "Content-Encoding"), "");
  EXPECT_EQ(header(plain->answer, "Vary"), "Accept-Encoding") << "a cache must know that there is another";
  EXPECT_EQ(header(packed->answer, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(packed->answer, "Vary"), "Accept-Encoding");
  EXPECT_LT(packed->answer.body.size(), plain->answer.body.size() / 2);
  EXPECT_EQ(packed->answer.body.substr(0, 2), "\x1f\x8b");
  const std::string tag = header(packed->answer, "ETag");
  EXPECT_NE(tag, header(plain->answer, "ETag"));
  EXPECT_EQ(get("/", {{"accept-encoding", "gzip"}, {"if-none-match", tag}})->answer.status, 304);
  EXPECT_EQ(get("/", {{"if-none-match", tag}})->answer.status, 200)
      << "who has the other form has not this one";
}

TEST_F(StatusPagesTest, WhatDependsOnBothEncodingAndOriginSaysBoth) {
  const auto page = get("/", {{"origin", "http://127.0.0.1:8080"}, {"host", "127.0.0.1:8080"}});
  EXPECT_EQ(header(page->answer, "Vary"), "Accept-Encoding, Origin");
}

TEST_F(StatusPagesTest, APageAskedForWithASlashAtItsEndLeadsToItself) {
  add_files(app, demo_files());
  for (const auto& [asked, told] : {std::pair("/demo/", "../demo"), {"/demo/?a=%2F", "../demo?a=%2F"}}) {
    const auto answer = get(asked);
    EXPECT_EQ(answer->answer.status, 308) << asked;
    EXPECT_EQ(header(answer->answer, "Location"), told);
  }
  EXPECT_EQ(get("/demo")->answer.status, 200);
  for (const char* none : {"//", "/demo//", "/demo/app.js/", "/status.css/"})
    EXPECT_EQ(get(none)->answer.status, 404) << none;
}

TEST_F(StatusPagesTest, MetricsAndStatusAreThere) {
  EXPECT_NE(get("/metrics")->answer.body.find("msync_info{version="), std::string::npos);
  EXPECT_EQ(Json::parse(get("/status.json")->answer.body)["version"], "1.2.3");
}

TEST_F(StatusPagesTest, AStreamBeginsWithAllAndGoesOnWithNews) {
  const auto reader = get("/status/events");
  EXPECT_EQ(reader->answer.content_type, "text/event-stream");
  ASSERT_EQ(reader->parts.size(), 1U);
  EXPECT_TRUE(reader->parts[0].starts_with("event: status\ndata: {"));
  EXPECT_TRUE(reader->parts[0].ends_with("}\n\n"));
  pages.sampled();
  EXPECT_EQ(reader->parts.size(), 2U);
  EXPECT_EQ(pages.streams(), 1U);
}

TEST_F(StatusPagesTest, WhoIsGoneIsForgottenAndWhoDoesNotKeepUpIsEnded) {
  const auto gone = get("/status/events"), slow = get("/status/events"), good = get("/status/events");
  gone->is_gone = true;
  slow->reads = false;
  for (int i = 0; i < 5; ++i) pages.sampled();
  EXPECT_EQ(pages.streams(), 1U);
  EXPECT_EQ(gone->parts.size(), 1U);
  EXPECT_TRUE(slow->ended);
  EXPECT_LE(slow->parts.size(), 2U) << "nothing piles up for it";
  EXPECT_EQ(good->parts.size(), 6U);
}

TEST_F(StatusPagesTest, StreamsAreFew) {
  std::vector<std::shared_ptr<Reader>> readers;
  for (std::size_t i = 0; i <= limits::status_streams; ++i) readers.push_back(get("/status/events"));
  EXPECT_EQ(readers.back()->answer.status, 503);
  readers.front()->is_gone = true;
  EXPECT_EQ(get("/status/events")->answer.status, 200);
}

TEST_F(StatusPagesTest, RequestsAreCountedByRouteAndClass) {
  std::vector<std::pair<Route::Kind, int>> counted;
  HttpApp counting({std::move(*open_reader(address)), time, epoch, [this] { return collections; },
                    [](Inbound&&) { return false; }, [] { return true; }, [] { return true; },
                    [&](Route::Kind kind, int status, std::int64_t) { counted.emplace_back(kind, status); }});
  for (const char* target : {"/healthz", "/nothing", "/v1/scopes/a/docs", "no path"})
    counting.handle({"GET", target, {}, "", "", true}, std::make_shared<Reader>());
  EXPECT_EQ(counted, (std::vector<std::pair<Route::Kind, int>>{{Route::Kind::health, 200},
                                                               {Route::Kind::page, 404},
                                                               {Route::Kind::documents, 401},
                                                               {Route::Kind::page, 400}}));
}
