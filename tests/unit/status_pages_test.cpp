// The status over HTTP: files, data, and streams to those who keep up.
#include "bridge/status_pages.h"

#include "bridge_fixture.h"

using namespace msync;

namespace {

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
  std::string tag;
  for (const auto& [name, value] : first->answer.headers)
    if (name == "ETag") tag = value;
  const auto again = get("/", {{"if-none-match", tag}});
  EXPECT_EQ(again->answer.status, 304);
  EXPECT_TRUE(again->answer.body.empty());
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
